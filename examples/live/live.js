// The active chats of a gateway, followed as they change. The address of the gateway is behind `#`.
const gateway = location.hash.slice(1) || "http://127.0.0.1:8000";
const FIELDS = "id startedAt visitor { name } messageCount lastMessage { message }";
const PLACE = "{ sessionChanges { pageInfo { endCursor } } }";
const LIST = `{
  chatSessions(filter: {status: {eq: ACTIVE}}, first: 100) { nodes { ${FIELDS} } }
}`;
const FOLLOW = `subscription ($after: String) {
  chatSessionChanged(filter: {status: {eq: ACTIVE}}, after: $after) {
    id cursor session { ${FIELDS} }
  }
}`;
const AGAIN_MS = 1000;
const PASSING = ["OVERLOADED", "RATE_LIMITED", "TIMEOUT", "UNAVAILABLE"];

const chats = new Map();
const element = (id) => document.getElementById(id);
const say = (text) => { element("state").textContent = text; };

/** Reads the list, and follows what happens from before it was read. */
async function begin(key) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const ask = async (query) => {
    const answer = await fetch(`${gateway}/graphql`, {
      method: "POST", headers, body: JSON.stringify({ query }),
    });
    const { data, errors } = await answer.json();
    if (errors) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
    return data;
  };
  try {
    const place = (await ask(PLACE)).sessionChanges.pageInfo.endCursor;
    chats.clear();
    for (const chat of (await ask(LIST)).chatSessions.nodes) chats.set(chat.id, chat);
    show();
    follow(key, place);
  } catch (error) {
    say(error.message);
    if (PASSING.includes(error.code)) setTimeout(begin, AGAIN_MS, key);
  }
}

/** Follows the changes after a cursor; connects again after the last one that came. */
function follow(key, after) {
  const socket = new WebSocket(`${gateway.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
  const send = (message) => socket.send(JSON.stringify(message));
  let over = false;
  socket.onopen = () =>
    send({ type: "connection_init", payload: { Authorization: `Bearer ${key}` } });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === "connection_ack") {
      send({ type: "subscribe", id: "1", payload: { query: FOLLOW, variables: { after } } });
      say("live");
    } else if (type === "ping") {
      send({ type: "pong" });
    } else if (type === "next" && payload.data) {
      const change = payload.data.chatSessionChanged;
      after = change.cursor;
      apply(change);
    } else if (type === "error") {
      over = true;
      socket.close();
      if (payload[0].extensions.code === "HISTORY_LOST") begin(key);
      else say(payload[0].message);
    }
  };
  socket.onclose = ({ code, reason }) => {
    if (over) return;
    if (code === 4403) return say(reason);
    say("connecting again");
    setTimeout(() => follow(key, after), AGAIN_MS);
  };
}

/** A session that meets the filter is in the list; one without is not. */
function apply({ id, session }) {
  if (session) chats.set(id, session);
  else chats.delete(id);
  show();
}

function show() {
  const newest = [...chats.values()].sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
  element("chats").replaceChildren(...newest.map(row));
}

function row({ startedAt, visitor, messageCount, lastMessage }) {
  const line = document.createElement("tr");
  const since = new Date(startedAt).toLocaleTimeString();
  for (const text of [since, visitor?.name ?? "", messageCount, lastMessage?.message ?? ""]) {
    line.insertCell().textContent = text;
  }
  return line;
}

element("access").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(element("key").value.trim());
});
