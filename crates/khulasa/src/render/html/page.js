"use strict";
(() => {
  // Both sides of each sentence, by its key.
  const sides = new Map();
  for (const side of document.querySelectorAll("[data-s]")) {
    const key = side.dataset.s;
    sides.set(key, [...(sides.get(key) ?? []), side]);
  }
  const keysAt = (node) => {
    const found = node instanceof Element && node.closest("[data-s], [data-sources]");
    return found ? (found.dataset.s ?? found.dataset.sources).split(" ") : [];
  };

  // Moves a class to the sentences of these keys.
  const marked = new Map();
  const mark = (name, keys) => {
    for (const side of marked.get(name) ?? []) side.classList.remove(name);
    const now = keys.flatMap((key) => sides.get(key) ?? []);
    for (const side of now) side.classList.add(name);
    marked.set(name, now);
  };

  document.addEventListener("pointerover", (event) => mark("lit", keysAt(event.target)));
  document.documentElement.addEventListener("pointerleave", () => mark("lit", []));
  document.addEventListener("focusin", (event) => mark("held", keysAt(event.target)));
  document.addEventListener("focusout", () => mark("held", []));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-sources]");
    if (link) mark("cited", keysAt(link));
  });

  // Tab reaches the first sentence of each article, the arrow keys the others.
  for (const digest of document.querySelectorAll(".digest")) {
    digest.querySelector(".s")?.setAttribute("tabindex", "0");
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const name of marked.keys()) mark(name, []);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = document.activeElement;
    if (!step || !here?.matches(".s") || event.ctrlKey || event.metaKey || event.altKey) return;
    const side = here.matches("[lang=ar] .s") ? "[lang=ar] .s" : ".s[id]";
    const all = [...here.closest(".digest").querySelectorAll(side)];
    const next = all[all.indexOf(here) + step];
    if (next) {
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
    }
  });
})();
