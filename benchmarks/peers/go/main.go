// The Go row of the benchmark: gqlgen on net/http over mongo-driver, as their documentation starts
// them. Usage: peer PORT ENGINE
package main

//go:generate go tool gqlgen generate

import (
	"log"
	"net/http"
	"os"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sessiongateway.example/benchmarks/peers/go/graph"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: peer PORT ENGINE")
	}
	port, engine := os.Args[1], os.Args[2]
	// The generated types carry JSON names, which are the stored names.
	bson := &options.BSONOptions{UseJSONStructTags: true}
	client, err := mongo.Connect(options.Client().ApplyURI(engine).SetBSONOptions(bson))
	if err != nil {
		log.Fatal(err)
	}
	sessions := client.Database("sessions").Collection("bot_sessions")
	resolvers := &graph.Resolver{Sessions: sessions}
	server := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: resolvers}))
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	http.Handle("/graphql", server)
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = answer.Write([]byte("ok"))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}
