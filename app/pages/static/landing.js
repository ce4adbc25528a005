// Signs in by the code in the address, and copies the first query with the key in it.
"use strict";

(() => {
  const element = (id) => document.getElementById(id);

  function status(text) {
    element("status").textContent = text;
    element("status").hidden = !text;
  }

  async function signIn() {
    try {
      const key = await gatewayKey.find();
      if (key) status("Signed in: GraphiQL opens with your key, and Copy puts it into the command.");
    } catch (error) {
      status(error.message);
    }
  }

  async function copy() {
    const key = gatewayKey.read();
    const text = element("command").textContent;
    await navigator.clipboard.writeText(key ? text.replace("$KEY", () => key) : text);
    element("copy").textContent = "Copied";
    setTimeout(() => (element("copy").textContent = "Copy"), 2000);
  }

  if (navigator.clipboard) { // Browsers have it on loopback and over TLS.
    element("copy").hidden = false;
    element("copy").addEventListener("click", copy);
  }
  // A printed address pasted into the open page changes only the fragment.
  addEventListener("hashchange", () => gatewayKey.codeInAddress() && signIn());
  signIn();
})();
