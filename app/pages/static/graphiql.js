// Starts GraphiQL on this page: example tabs, one key for all of them, sharing by address.
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

  async function fetchExamples(key) {
    try {
      const answer = await fetch("/graphiql/examples.json", { headers: withKey(key, {}) });
      return answer.ok ? await answer.json() : [];
    } catch {
      return [];
    }
  }

  /** The tabs to open: the shared operation first, then the first group of examples. */
  function openingTabs(examples, shared) {
    const opened = examples.filter(({ group }) => group === examples[0].group);
    const others = opened.filter((one) => !shared || !sameOperation(one, shared));
    return [...(shared ? [shared] : []), ...others].map((one) => ({
      query: one.query,
      variables: one.variables ?? "",
    }));
  }

  const element = (id) => document.getElementById(id);

  function notice(text) {
    element("notice").textContent = text;
    element("notice").hidden = !text;
  }

  const NO_KEY =
    "The gateway asks for a key. Paste one above: scripts/serve prints it, and so does " +
    "“keys create”.";

  let problem = NO_KEY; // What a refused request means on this page at present.

  async function fetchNoticing(...request) {
    const answer = await fetch(...request);
    notice(answer.status === 401 ? problem : "");
    return answer;
  }

  /** The headers of a request: a key among a tab's own headers wins, as two would be refused. */
  function withKey(key, headers) {
    const own = Object.keys(headers ?? {}).some((name) => /^(authorization|x-api-key)$/i.test(name));
    return key && !own ? { ...headers, Authorization: `Bearer ${key}` } : headers;
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
    return (operation, options) =>
      send(operation, { ...options, headers: withKey(key, options?.headers) });
  }

  /** Says beside the key whose it is and what it may do. */
  async function showViewer(key) {
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: withKey(key, { "content-type": "application/json" }),
      body: JSON.stringify({ query: "{ viewer { name scopes isEverybody } }" }),
    });
    const viewer = (await answer.json()).data?.viewer;
    if (key !== gatewayKey.read()) return; // Another key was given meanwhile.
    const scopes = viewer?.scopes.includes("admin") ? "every scope" : viewer?.scopes.join(", ");
    const text = viewer?.isEverybody ? "Access is off: no key needed" : `${viewer?.name}: ${scopes}`;
    element("viewer").textContent = element("viewer").title = viewer ? text : "";
  }

  /** Hands GraphiQL's editors to the page around it: they are known only inside its tree. */
  function Editors({ onChange }) {
    const editors = GraphiQL.React.useEditorContext();
    React.useEffect(() => onChange(editors));
    return null;
  }

  /** Opens an example in its tab: the one that has it already, or a new one. */
  function opener() {
    let editors;
    let wanted;
    let shown;
    function onChange(now) {
      editors = now;
      const tab = now.tabs[now.activeTabIndex];
      if (shown !== tab.id + tab.title) {
        shown = tab.id + tab.title;
        document.querySelector(".graphiql-tab-active")?.scrollIntoView({ block: "nearest" });
      }
      if (!now.queryEditor || !now.variableEditor) return;
      now.queryEditor.setOption("lineWrapping", true);
      if (!wanted || now.tabs.length <= wanted.tabs) return;
      const { query, variables } = wanted.example;
      const held = now.queryEditor.getValue();
      // React may run addTab's update again, which empties the editors; a tab that has stored its
      // query is past that.
      if (tab.query || (held && held !== query)) wanted = undefined;
      else if (!held) {
        now.queryEditor.setValue(query);
        now.variableEditor.setValue(variables ?? "");
      }
    }
    function open(example) {
      const index = editors.tabs.findIndex((tab) => sameOperation(tab, example));
      if (index >= 0) return editors.changeTab(index);
      wanted = { example, tabs: editors.tabs.length };
      editors.addTab();
    }
    return { onChange, open };
  }

  /** The properties of GraphiQL that stay the same whatever the key is. */
  function properties(examples) {
    const tabs = openingTabs(examples, sharedOperation());
    const first = tabs[0] ?? { query: undefined, variables: "" };
    return {
      storage: carefulStorage(),
      plugins: [GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false })],
      query: first.query,
      variables: first.variables,
      defaultQuery: "",
      defaultTabs: tabs.length ? tabs : undefined,
      onTabChange: (state) => share(state, first),
      defaultEditorToolsVisibility: innerWidth > 768 ? "variables" : false, // A phone lacks the room.
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      inputValueDeprecation: true,
      schemaDescription: true,
    };
  }

  /** The key of this tab, or by the code in the address; empty if there is none. */
  async function findKey() {
    try {
      return await gatewayKey.find();
    } catch (error) {
      problem = error.message;
      return "";
    }
  }

  async function start() {
    const found = await findKey();
    const examples = await fetchExamples(found);
    const { onChange, open } = opener();
    const editors = React.createElement(Editors, { onChange });
    const logo = React.createElement(GraphiQL.Logo, null, editors);
    const always = properties(examples);
    const root = ReactDOM.createRoot(element("graphiql"));

    /** A new key is a new fetcher, with which GraphiQL fetches the schema again. */
    function use(key) {
      element("key").value = key;
      element("forget").hidden = !key;
      root.render(React.createElement(GraphiQL, { ...always, fetcher: createFetcher(key) }, logo));
      return showViewer(key);
    }
    function change(key) {
      problem = NO_KEY;
      gatewayKey.write(key);
      return use(key);
    }

    fillExamples(element("examples"), examples, open);
    element("access").addEventListener("submit", (event) => {
      event.preventDefault();
      change(element("key").value.trim());
    });
    element("forget").addEventListener("click", () => change(""));
    // A printed address pasted into the open page changes only the fragment.
    addEventListener("hashchange", () => gatewayKey.codeInAddress() && findKey().then(use));
    await use(found);
  }

  start();
})();
