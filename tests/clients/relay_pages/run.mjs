// Usage: GATEWAY_URL=… GATEWAY_KEY=… node run.mjs BOT_ID
// usePaginationFragment in React, as an application has it: a list that is read from its end, one
// that is entered in the middle, and what a default value of `first` does; prints what is shown.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const React = require("react");
const { act, create } = require("react-test-renderer");
const { RelayEnvironmentProvider, useLazyLoadQuery, usePaginationFragment } = require("react-relay");
const relay = require("relay-runtime");

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const artifact = (name) => require(`./artifacts/${name}.graphql.js`);
const { GATEWAY_URL, GATEWAY_KEY } = process.env;
const botId = process.argv[2];
const sent = [];
const errors = [];

async function send({ text }, variables) {
  sent.push(variables);
  const answer = await fetch(GATEWAY_URL, {
    method: "POST",
    headers: { authorization: `Bearer ${GATEWAY_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ query: text, variables }),
  });
  const body = await answer.json();
  errors.push(...(body.errors ?? []).map((error) => error.message));
  return body;
}

/** Renders a list by its query; gives what the component has, always as it is at present. */
async function open(query, fragment, variables) {
  const environment = new relay.Environment({
    network: relay.Network.create(send),
    store: new relay.Store(new relay.RecordSource()),
  });
  const shown = {};
  function List() {
    const root = useLazyLoadQuery(artifact(query), { botId, ...variables });
    Object.assign(shown, usePaginationFragment(artifact(fragment), root));
    return null;
  }
  const list = React.createElement(
    RelayEnvironmentProvider,
    { environment },
    React.createElement(React.Suspense, { fallback: null }, React.createElement(List)),
  );
  await act(async () => void create(list));
  await until(() => shown.data);
  return shown;
}

/** Lets React work until the condition holds. */
async function until(condition) {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) {
    await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
  }
  if (!condition()) throw new Error("nothing came");
}

async function load(shown, direction, count) {
  let done = false;
  await act(async () => void shown[direction](count, { onComplete: () => (done = true) }));
  await until(() => done);
}

const numbers = (shown) =>
  (shown.data.botSessions?.edges ?? []).map((edge) => edge.node.noOfMessagesExchanged);
const state = (shown) => [numbers(shown), shown.hasPrevious, shown.hasNext];

const end = await open("pagesFromTheEndQuery", "pages_both");
const fromTheEnd = [state(end)];
await load(end, "loadPrevious", 5);
fromTheEnd.push(state(end));
await load(end, "loadPrevious", 5);
fromTheEnd.push(state(end));

const after = end.data.botSessions.edges[4].cursor;
const middle = await open("pagesFromTheMiddleQuery", "pages_both", { after });
const fromTheMiddle = [state(middle)];
await load(middle, "loadNext", 5);
fromTheMiddle.push(state(middle));
await load(middle, "loadPrevious", 5);
fromTheMiddle.push(state(middle));

const backward = await open("pagesBackwardOnlyQuery", "pages_backward");
const backwardOnly = [state(backward)];
await load(backward, "loadPrevious", 10);
backwardOnly.push(state(backward));
const withoutDefaults = [...errors];

const defaults = await open("pagesWithDefaultsQuery", "pages_defaults", { after });
await load(defaults, "loadPrevious", 5);
const withDefaults = { sent: sent.at(-1), errors: errors.slice(withoutDefaults.length) };

console.log(JSON.stringify({ fromTheEnd, fromTheMiddle, backwardOnly, withoutDefaults, withDefaults }));
