//! async-graphql on axum over the mongodb crate, as their documentation starts them.
//!
//! `session-gateway-benchmark-peer PORT ENGINE`

mod sessions;

use std::env;
use std::error::Error;

use async_graphql::{EmptyMutation, EmptySubscription, Schema};
use async_graphql_axum::GraphQL;
use axum::Router;
use axum::routing::{get, post_service};
use mongodb::Client;
use tokio::net::TcpListener;

use crate::sessions::{BotSession, Query};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(port), Some(engine)) = (arguments.next(), arguments.next()) else {
        return Err("usage: session-gateway-benchmark-peer PORT ENGINE".into());
    };
    let sessions = Client::with_uri_str(engine)
        .await?
        .database("sessions")
        .collection::<BotSession>("bot_sessions");
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(sessions)
        .finish();
    let app = Router::new()
        .route("/graphql", post_service(GraphQL::new(schema)))
        .route("/healthz", get(|| async { "ok" }));
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    Ok(axum::serve(listener, app).await?)
}
