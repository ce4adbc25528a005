// Starts GraphiQL on this page: example tabs, a key from the address, sharing by address.
"use strict";

(() => {
  const LONGEST_ADDRESS = 8000; // Servers and proxies refuse much longer request lines.

  // What may be remembered between visits. Tabs and headers are absent: a key never reaches storage.
  const REMEMBERED = /^graphiql:(theme|visiblePlugin|queries|favorites|\w*Flex)$/;

  /** Removes `headers` from every object inside a JSON text; other texts pass unchanged. */
  function withoutHeaders(text) {
    try {
      const drop = (name, value) => (name === "headers" ? undefined : value);
      return JSON.stringify(JSON.parse(text, drop));
    } catch {
      return text;
    }
  }

  /** A Storage for GraphiQL: the remembered names in localStorage, all else only in memory. */
  function carefulStorage() {
    const memory = new Map();
    const own = () => Object.keys(localStorage).filter((name) => REMEMBERED.test(name));
    const attempt = (action) => {
      try {
        return action();
      } catch {
        return null; // Storage is switched off or full: the page works without it.
      }
    };
    return {
      getItem: (name) =>
        REMEMBERED.test(name) ? attempt(() => localStorage.getItem(name)) : memory.get(name) ?? null,
      setItem(name, value) {
        if (REMEMBERED.test(name)) attempt(() => localStorage.setItem(name, withoutHeaders(value)));
        else memory.set(name, value);
      },
      removeItem(name) {
        memory.delete(name);
        attempt(() => localStorage.removeItem(name));
      },
      clear() {
        memory.clear();
        attempt(() => own().forEach((name) => localStorage.removeItem(name)));
      },
      get length() {
        return memory.size + (attempt(() => own().length) ?? 0);
      },
    };
  }

  const keyInAddress = () => new URLSearchParams(location.hash.slice(1)).get("key");

  const authorization = (key) => ({ Authorization: `Bearer ${key}` });

  /** Takes `#key=…` out of the address, so that it is in no bookmark, copy or screenshot. */
  function takeKey() {
    const key = keyInAddress();
    if (key) history.replaceState(null, "", location.pathname + location.search);
    return key;
  }

  function sharedOperation() {
    const asked = new URLSearchParams(location.search);
    if (!asked.get("query")) return null;
    return { query: asked.get("query"), variables: asked.get("variables") ?? "" };
  }

  const sameOperation = (one, other) =>
    one.query === other.query && (one.variables || "") === (other.variables || "");

  /** Keeps the address on the active tab; untouched, the page keeps its plain address. */
  function share({ tabs, activeTabIndex }, first) {
    const { query, variables } = tabs[activeTabIndex];
    if (!location.search && sameOperation(tabs[activeTabIndex], first)) return;
    const asked = new URLSearchParams();
    if (query) asked.set("query", query);
    if (query && variables) asked.set("variables", variables);
    const search = asked.size ? `?${asked}` : "";
    const fits = search.length <= LONGEST_ADDRESS;
    history.replaceState(null, "", location.pathname + (fits ? search : ""));
  }

  async function fetchExamples() {
    try {
      const answer = await fetch("/graphiql/examples.json");
      return answer.ok ? await answer.json() : [];
    } catch {
      return [];
    }
  }

  /** The tabs to open: the shared operation first, then the examples it is not. */
  function openingTabs(examples, shared, headers) {
    const others = examples.filter((one) => !shared || !sameOperation(one, shared));
    return [...(shared ? [shared] : []), ...others].map((one) => ({
      query: one.query,
      variables: one.variables ?? "",
      headers: one.headers ?? headers,
    }));
  }

  async function fetchNoticing(...request) {
    const answer = await fetch(...request);
    document.getElementById("notice").hidden = answer.status !== 401;
    return answer;
  }

  /** The fetcher of every tab, over HTTP and for subscriptions over a WebSocket. */
  function createFetcher(key) {
    const subscriptionUrl = new URL("/graphql", location.href);
    subscriptionUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const send = GraphiQL.createFetcher({
      url: "/graphql",
      subscriptionUrl: subscriptionUrl.href,
      fetch: fetchNoticing,
    });
    // GraphiQL 4 asks for the schema before its header editor exists, so without the key in it.
    let early = key ? authorization(key) : undefined;
    return (operation, options) => {
      if (operation.operationName !== "IntrospectionQuery") early = undefined;
      return send(operation, { ...options, headers: options?.headers ?? early });
    };
  }

  async function open(key) {
    const headers = key ? JSON.stringify(authorization(key), null, 2) : "";
    const tabs = openingTabs(await fetchExamples(), sharedOperation(), headers);
    const first = tabs[0] ?? { query: undefined, variables: "", headers };
    const properties = {
      fetcher: createFetcher(key),
      storage: carefulStorage(),
      plugins: [GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false })],
      query: first.query,
      variables: first.variables,
      headers: first.headers,
      defaultHeaders: headers,
      defaultTabs: tabs.length ? tabs : undefined,
      onTabChange: (state) => share(state, first),
      // Variables rather than a key on the screen; on a phone the room is needed.
      defaultEditorToolsVisibility: innerWidth > 768 ? "variables" : false,
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      inputValueDeprecation: true,
      schemaDescription: true,
    };
    const home = React.createElement("a", { href: "/" }, "Session gateway");
    const logo = React.createElement(GraphiQL.Logo, null, home);
    const page = React.createElement(GraphiQL, properties, logo);
    ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
  }

  // A printed address pasted into the open page changes only the fragment: start afresh with it.
  addEventListener("hashchange", () => keyInAddress() && location.reload());
  open(takeKey());
})();
