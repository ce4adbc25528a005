// The caller's key on the gateway's pages. It stays in this tab's sessionStorage: it survives a
// reload, no other origin can read it, no request carries it by itself, and it ends with the tab.
"use strict";

const gatewayKey = (() => {
  const NAME = "gateway:key";
  const PATIENCE = 150; // Milliseconds in which another tab of the gateway answers.
  const tabs = new BroadcastChannel(NAME);
  let memory = ""; // Where storage is switched off.

  function read() {
    try {
      return sessionStorage.getItem(NAME) ?? memory;
    } catch {
      return memory;
    }
  }

  /** Keeps a key; an empty text forgets it. */
  function write(key) {
    memory = key;
    try {
      if (key) sessionStorage.setItem(NAME, key);
      else sessionStorage.removeItem(NAME);
    } catch {
      // Memory has it.
    }
  }

  const codeInAddress = () => new URLSearchParams(location.hash.slice(1)).get("code");

  /** Exchanges a one-time code for the key; an Error with the gateway's sentence if it refuses. */
  async function exchange(code) {
    history.replaceState(null, "", location.pathname + location.search);
    const answer = await fetch("/sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.errors[0].message);
    return body.key;
  }

  /** Asks the other open tabs of the gateway, so that a link opened in a new tab has the key. */
  function ask() {
    return new Promise((resolve) => {
      const done = setTimeout(resolve, PATIENCE, "");
      tabs.addEventListener("message", ({ data }) => {
        if (!data.key) return;
        clearTimeout(done);
        resolve(data.key);
      });
      tabs.postMessage({ wanted: true });
    });
  }

  tabs.addEventListener("message", ({ data }) => {
    if (data.wanted && read()) tabs.postMessage({ key: read() });
  });

  /** The key by the code in the address, of this tab or of another one; empty if there is none. */
  async function find() {
    const code = codeInAddress();
    if (code) {
      try {
        write(await exchange(code));
      } catch (error) {
        if (!read()) write(await ask());
        if (!read()) throw error;
      }
    } else if (!read()) write(await ask());
    return read();
  }

  return { codeInAddress, find, read, write };
})();
