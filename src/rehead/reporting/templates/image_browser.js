"use strict";
// What the image browser shows. Its pictures stand in the page already: they are there without a script as well.
(() => {
  const root = document.querySelector(".browser");
  if (!root) return;
  const one = (selector, from = root) => from.querySelector(selector);
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
  const stage = one(".stage"), bubble = one(".bubble"), picker = one("select"), sides = one(".sides");
  const figures = new Map(all(".shot").map((figure) => [figure.id.slice("image-".length), figure]));
  const classes = all("option[data-threshold]").map((o) => ({ name: o.textContent, threshold: +o.dataset.threshold }));
  const MOST_ZOOM = 32, LETTER = 8, LINE = 17; // pixels of a label's letter and line
  // id: the picture; score: least score shown, null for each class's own; x, y: centre of the view; unit: picture units
  // in a pixel of the screen
  const state = { id: "", score: null, zoom: 1, x: 0, y: 0, unit: 1 };
  const shot = () => figures.get(state.id);
  const views = () => all(".pane > svg", shot());
  const areSides = () => sides.getAttribute("aria-pressed") === "true";
  const isTruth = (object) => object.dataset.score === undefined;
  const isWrong = (object) => !["found", "crowd", "inside a crowd"].includes(object.dataset.state);

  function isShown({ dataset: { kind, score } }) {
    const least = state.score ?? classes[kind].threshold;
    return (picker.value === "" || picker.value === kind) && (score === undefined || +score >= least);
  }

  // A true object is missed where the detection that found it is not shown.
  function judge() {
    const [truth, found] = [".truth", ".prediction"].map((layer) => all(`${layer} .object`, shot()));
    for (const object of [...truth, ...found]) object.classList.toggle("off", !isShown(object));
    const hits = found.filter((object) => isShown(object) && object.dataset.state === "found");
    const met = new Set(hits.map((object) => object.dataset.at));
    for (const { dataset } of truth) {
      if (dataset.state !== "crowd") dataset.state = met.has(dataset.at) ? "found" : "missed";
    }
    const [missed, spurious] = [truth, found].map((objects) => objects.filter((o) => isShown(o) && isWrong(o)));
    tell(hits.length, missed, spurious);
    write();
  }

  function tell(hits, missed, spurious) {
    const kinds = {};
    for (const { dataset } of spurious) kinds[dataset.state] = (kinds[dataset.state] ?? 0) + 1;
    const parts = Object.keys(kinds).sort().map((kind) => `${kinds[kind]} ${kind}`).join(", ");
    const counts = `${hits} found, ${missed.length} missed, ${spurious.length} false`;
    one(".tally", shot()).textContent = parts ? `${counts}: ${parts}` : counts;
    one(".flaws").replaceChildren(...[...missed, ...spurious].map(flaw));
  }

  function flaw(object) {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = blamed(object);
    button.addEventListener("click", () => approach(object));
    item.append(button);
    return item;
  }

  function named({ dataset: { kind, score } }) {
    const words = classes.length > 1 ? [classes[kind].name] : [];
    return (score === undefined ? words : [...words, (+score).toFixed(2)]).join(" ");
  }

  const blamed = (object) => `${object.dataset.state} ${named(object)}`.trim();

  function approach(object) {
    const box = object.getBBox(), { width, height } = shot().dataset;
    state.zoom = clamp(Math.min(width / box.width, height / box.height) / 3, 1, MOST_ZOOM);
    [state.x, state.y] = [box.x + box.width / 2, box.y + box.height / 2];
    look();
    const place = object.getBoundingClientRect();
    describe(object, place.right, place.top);
  }

  // Labels keep clear of each other, mistakes first; there is room for more of them as one comes closer.
  function write() {
    for (const svg of views()) {
      const layer = one(".names", svg), taken = [];
      layer.replaceChildren();
      const shown = all(".object:not(.off)", svg).filter((object) => object.checkVisibility());
      for (const object of shown.sort((a, b) => isWrong(b) - isWrong(a))) {
        const label = placed(object, svg.viewBox.baseVal);
        if (!label || taken.some((other) => collide(other, label))) continue;
        taken.push(label);
        const text = document.createElementNS(svg.namespaceURI, "text");
        text.setAttribute("x", label.x);
        text.setAttribute("y", label.y);
        text.textContent = label.words;
        layer.append(text);
      }
    }
  }

  // Where both are laid over each other, what is true is named below its object, and what was found above.
  function anchor(object) {
    if (!isTruth(object) || areSides()) return { x: +object.dataset.x, y: +object.dataset.y };
    const box = object.getBBox();
    return { x: box.x + box.width / 2, y: box.y + box.height + LINE * state.unit };
  }

  function placed(object, { x: left, y: top, width, height }) {
    const words = isWrong(object) ? blamed(object) : named(object), { x, y } = anchor(object);
    const away = x < left || x > left + width || y < top || y > top + height;
    if (!words || away || (isTruth(object) && !isWrong(object) && !areSides())) return null;
    const high = LINE * state.unit, half = (words.length * LETTER * state.unit) / 2;
    const inside = { x: clamp(x, left + half, left + width - half), y: clamp(y - high / 4, top + high, top + height) };
    return { ...inside, words, half, high };
  }

  function collide(one, other) {
    return Math.abs(one.x - other.x) < one.half + other.half && Math.abs(one.y - other.y) < one.high;
  }

  function look() {
    const { width, height } = shot().dataset, wide = width / state.zoom, high = height / state.zoom;
    const frame = views()[0].getBoundingClientRect();
    if (!frame.width) return;
    state.x = clamp(state.x, wide / 2, width - wide / 2);
    state.y = clamp(state.y, high / 2, height - high / 2);
    state.unit = Math.max(wide / frame.width, high / frame.height);
    const view = [state.x - wide / 2, state.y - high / 2, wide, high].join(" ");
    for (const svg of views()) svg.setAttribute("viewBox", view);
    one("pattern", shot()).setAttribute("patternTransform", `scale(${state.unit}) rotate(45)`);
    shot().style.setProperty("--unit", state.unit);
    stage.classList.toggle("zoomed", state.zoom > 1);
    stage.classList.toggle("near", state.zoom >= 4);
    write();
  }

  function zoom(factor, at = state) {
    const before = state.zoom;
    state.zoom = clamp(before * factor, 1, MOST_ZOOM);
    state.x += (at.x - state.x) * (1 - before / state.zoom);
    state.y += (at.y - state.y) * (1 - before / state.zoom);
    describe(null);
    look();
  }

  function describe(object, left = 0, top = 0) {
    for (const lit of all(".lit")) lit.classList.remove("lit");
    bubble.hidden = !object;
    if (!object) return;
    const { at, iou, kind, score, state: verdict } = object.dataset, frame = stage.getBoundingClientRect();
    const same = at === undefined ? [] : all(`.object[data-at="${at}"]`, shot());
    for (const lit of [object, ...same.filter((o) => isTruth(o) !== isTruth(object))]) lit.classList.add("lit");
    const what = isTruth(object) ? "truth" : `score ${(+score).toFixed(2)}`;
    bubble.textContent = [classes[kind].name, what, verdict, ...(iou ? [`IoU ${iou}`] : [])].join(" · ");
    bubble.style.left = `${clamp(left - frame.left + 12, 0, frame.width - bubble.offsetWidth)}px`;
    bubble.style.top = `${clamp(top - frame.top - bubble.offsetHeight - 12, 0, frame.height)}px`;
  }

  // One pane holds truth and prediction where they are laid over each other.
  function arrange() {
    for (const figure of figures.values()) {
      const host = all(".pane > svg", figure)[areSides() ? 1 : 0];
      host.insertBefore(one(".layer.prediction", figure), one(".suspect, .names", host));
    }
    root.classList.toggle("over", !areSides());
    look();
  }

  function show(id) {
    state.id = id;
    for (const [own, figure] of figures) figure.hidden = own !== id;
    Object.assign(state, { zoom: 1, x: 0, y: 0 });
    describe(null);
    look();
    judge();
  }

  root.viewer = { one, all, clamp, state, classes, figures, views, judge, write, look, zoom, describe, arrange, show };
})();
