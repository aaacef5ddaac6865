// What pages do beyond showing themselves: filter the index, and copy code. Nothing is lost without it.
"use strict";

/** Shows the filter of the index, and only the cards that fit it. */
function startFilter() {
  const form = document.querySelector(".filter");
  if (!form) return;
  const input = form.querySelector("input");
  const found = form.querySelector(".found");
  const buttons = [...form.querySelectorAll("[data-tag]")];
  // What a card shows is not in the page a second time; the rest of its description is in `data-words`.
  const cards = [...document.querySelectorAll(".card")].map((node) => ({
    node,
    words: [...node.querySelectorAll("h3, .title, .summary")].map((it) => it.textContent)
      .concat(node.dataset.words ?? "").join(" ").toLowerCase(),
    tags: [...node.querySelectorAll(".tag")].map((it) => it.textContent),
  }));

  const apply = () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const tags = buttons.filter((it) => it.ariaPressed === "true").map((it) => it.dataset.tag);
    let count = 0;
    for (const { node, words, tags: own } of cards) {
      const fits = wanted.every((word) => words.includes(word)) && tags.every((tag) => own.includes(tag));
      node.hidden = !fits;
      count += Number(fits);
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".card:not([hidden])");
    }
    const filtered = wanted.length > 0 || tags.length > 0;
    found.textContent = filtered ? (count === 0 ? "Nothing fits." : `${count} of ${cards.length}`) : "";
  };

  input.addEventListener("input", apply);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    document.querySelector(".card:not([hidden]) a")?.focus();
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = String(button.ariaPressed !== "true");
      apply();
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
  form.hidden = false;
  // Browsers restore what was typed when somebody comes back.
  apply();
}

/** Puts a button beside code that is there to be copied. */
function startCopying() {
  if (!navigator.clipboard) return;
  for (const code of document.querySelectorAll("[data-copy]")) {
    const frame = document.createElement("div");
    frame.className = "copied";
    code.replaceWith(frame);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    frame.append(code, button);
  }
}

startFilter();
startCopying();
