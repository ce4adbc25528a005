// Package moment prints a moment in UTC with milliseconds and Z.
package moment

import (
	"fmt"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

const layout = "2006-01-02T15:04:05.000Z"

// Print is the text of a moment.
func Print(value time.Time) string {
	return value.UTC().Format(layout)
}

// MarshalDateTime writes the scalar DateTime.
func MarshalDateTime(value time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(out io.Writer) {
		var buffer [len(layout) + 2]byte
		_, _ = out.Write(value.UTC().AppendFormat(buffer[:0], `"`+layout+`"`))
	})
}

// UnmarshalDateTime reads the scalar DateTime.
func UnmarshalDateTime(value any) (time.Time, error) {
	text, ok := value.(string)
	if !ok {
		return time.Time{}, fmt.Errorf("a DateTime is a text, not %T", value)
	}
	return time.Parse(time.RFC3339, text)
}
