// Package graph holds the resolvers: the query, the projection and the cursors of the other rows.
package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sessiongateway.example/benchmarks/peers/go/graph/model"
	"sessiongateway.example/benchmarks/peers/go/moment"
)

var projection = bson.D{
	{Key: "_id", Value: 1}, {Key: "botId", Value: 1}, {Key: "channel", Value: 1},
	{Key: "userId", Value: 1}, {Key: "startTime", Value: 1}, {Key: "endTime", Value: 1},
	{Key: "sessionLang", Value: 1}, {Key: "sessionType", Value: 1},
	{Key: "containmentType", Value: 1}, {Key: "isDeveloper", Value: 1}, {Key: "tags", Value: 1},
	{Key: "noOfMessagesExchanged", Value: 1}, {Key: "noOfTasksExecuted", Value: 1},
	{Key: "status", Value: 1}, {Key: "durationSeconds", Value: 1}, {Key: "startedAt", Value: 1},
}

var newestFirst = bson.D{{Key: "startedAt", Value: -1}, {Key: "_id", Value: -1}}

// Resolver answers the queries from the stored sessions.
type Resolver struct {
	Sessions *mongo.Collection
}

// Query is the root of the queries.
func (r *Resolver) Query() QueryResolver {
	return r
}

// BotSessions is the newest sessions.
func (r *Resolver) BotSessions(ctx context.Context, first int32) (*model.BotSessionConnection, error) {
	asked := options.Find().SetProjection(projection).SetSort(newestFirst).SetLimit(int64(first) + 1)
	found, err := r.Sessions.Find(ctx, bson.D{}, asked)
	if err != nil {
		return nil, err
	}
	var rows []*model.BotSession
	if err := found.All(ctx, &rows); err != nil {
		return nil, err
	}
	more := len(rows) > int(first)
	if more {
		rows = rows[:first]
	}
	edges := make([]*model.BotSessionEdge, len(rows))
	for at, row := range rows {
		place, err := cursor(row)
		if err != nil {
			return nil, err
		}
		edges[at] = &model.BotSessionEdge{Cursor: place, Node: row}
	}
	info := &model.PageInfo{HasNextPage: more}
	if len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	return &model.BotSessionConnection{Edges: edges, PageInfo: info}, nil
}

// BotSession is one session by its id.
func (r *Resolver) BotSession(ctx context.Context, sessionID string) (*model.BotSession, error) {
	asked := options.FindOne().SetProjection(projection)
	var row model.BotSession
	err := r.Sessions.FindOne(ctx, bson.D{{Key: "_id", Value: sessionID}}, asked).Decode(&row)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	return &row, err
}

// cursor is the row's place in the default ordering.
func cursor(row *model.BotSession) (string, error) {
	place, err := json.Marshal([]string{moment.Print(row.StartedAt), row.SessionID})
	return base64.StdEncoding.EncodeToString(place), err
}
