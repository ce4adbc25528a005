// The menu of examples above GraphiQL: groups of buttons, each of which opens a tab.
"use strict";

/** Fills the menu; `open` gets the example whose button is pressed. */
function fillExamples(menu, examples, open) {
  const create = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const item = (example) => {
    const onclick = () => {
      menu.open = false;
      open(example);
    };
    return create("li", {}, create("button", { type: "button", onclick }, example.title));
  };
  const groups = Map.groupBy(examples, (example) => example.group);
  for (const [title, group] of groups) {
    const list = create("ul", {}, ...group.map(item));
    menu.querySelector(".groups").append(create("section", {}, create("h2", {}, title), list));
  }
  addEventListener("click", ({ target }) => menu.contains(target) || (menu.open = false));
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
