//! The schema and the resolvers: the query, the projection and the cursors of the other rows.

use async_graphql::{
    Context, Enum, InputValueError, InputValueResult, Object, Result, Scalar, ScalarType,
    SimpleObject, Value,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bson::{Document, doc};
use chrono::SecondsFormat;
use mongodb::Collection;
use serde::Deserialize;

/// A moment, printed in UTC with milliseconds and Z.
#[derive(Clone, Copy, Deserialize)]
#[serde(transparent)]
pub struct Moment(bson::DateTime);

impl Moment {
    fn print(self) -> String {
        self.0
            .to_chrono()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

#[Scalar(name = "DateTime")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(bson::DateTime::parse_rfc3339_str(text)?)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.print())
    }
}

#[derive(Enum, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SessionType {
    Interactive,
    NonInteractive,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ContainmentType {
    DropOff,
    SelfService,
    Agent,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SessionStatus {
    Active,
    Closed,
}

#[derive(SimpleObject, Deserialize)]
struct Tag {
    name: String,
    value: Option<String>,
}

#[derive(SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tags {
    user_tags: Vec<Tag>,
    session_tags: Vec<Tag>,
}

/// A stored document, and the GraphQL type that it is.
#[derive(SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BotSession {
    #[serde(rename = "_id")]
    session_id: String,
    bot_id: String,
    channel: String,
    user_id: String,
    start_time: Moment,
    end_time: Option<Moment>,
    session_lang: Vec<String>,
    session_type: SessionType,
    containment_type: Option<ContainmentType>,
    is_developer: bool,
    tags: Tags,
    no_of_messages_exchanged: i32,
    no_of_tasks_executed: i32,
    status: SessionStatus,
    duration_seconds: Option<f64>,
    #[graphql(skip)]
    started_at: Moment,
}

impl BotSession {
    /// Its place in the default ordering.
    fn cursor(&self) -> Result<String> {
        let place = serde_json::to_vec(&(self.started_at.print(), &self.session_id))?;
        Ok(STANDARD.encode(place))
    }
}

#[derive(SimpleObject)]
struct BotSessionEdge {
    cursor: String,
    node: BotSession,
}

#[derive(SimpleObject)]
struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

#[derive(SimpleObject)]
struct BotSessionConnection {
    edges: Vec<BotSessionEdge>,
    page_info: PageInfo,
}

pub struct Query;

#[Object]
impl Query {
    /// The newest sessions.
    async fn bot_sessions(
        &self,
        context: &Context<'_>,
        first: u32,
    ) -> Result<BotSessionConnection> {
        let mut rows = context
            .data::<Collection<BotSession>>()?
            .find(doc! {})
            .projection(projection())
            .sort(doc! { "startedAt": -1, "_id": -1 })
            .limit(i64::from(first) + 1)
            .await?;
        let mut edges = Vec::new();
        let mut has_next_page = false;
        while rows.advance().await? {
            if edges.len() == first as usize {
                has_next_page = true;
                break;
            }
            let node = rows.deserialize_current()?;
            edges.push(BotSessionEdge {
                cursor: node.cursor()?,
                node,
            });
        }
        Ok(BotSessionConnection {
            page_info: PageInfo {
                has_next_page,
                has_previous_page: false,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
        })
    }

    /// One session by its id.
    async fn bot_session(
        &self,
        context: &Context<'_>,
        session_id: String,
    ) -> Result<Option<BotSession>> {
        let found = context
            .data::<Collection<BotSession>>()?
            .find_one(doc! { "_id": session_id })
            .projection(projection())
            .await?;
        Ok(found)
    }
}

fn projection() -> Document {
    doc! {
        "_id": 1, "botId": 1, "channel": 1, "userId": 1, "startTime": 1, "endTime": 1,
        "sessionLang": 1, "sessionType": 1, "containmentType": 1, "isDeveloper": 1, "tags": 1,
        "noOfMessagesExchanged": 1, "noOfTasksExecuted": 1, "status": 1, "durationSeconds": 1,
        "startedAt": 1,
    }
}
