"use strict";
// How the image browser is held: buttons, keys, wheel, mouse and fingers.
(() => {
  const root = document.querySelector(".browser");
  if (!root?.viewer) return;
  const { one, all, clamp, state, classes, figures, views } = root.viewer;
  const { judge, write, look, zoom, describe, arrange, show } = root.viewer;
  const stage = one(".stage"), slider = one(".slide input"), strip = one(".strip"), groups = all(".groups button");
  const on = (target, kind, act, options) => target.addEventListener(kind, act, options);
  const fingers = new Map();
  let ids = [], moved = 0;

  function turn(step) {
    open(ids[(ids.indexOf(state.id) + step + ids.length) % ids.length]);
    try {
      history.replaceState(null, "", `#image-${state.id}`);
    } catch {
      // a frame without an address of its own
    }
  }

  function open(id) {
    show(id);
    const at = ids.indexOf(id);
    one(".turns output").value = `${at + 1} of ${ids.length}`;
    [...strip.children].forEach((thumb, own) => thumb.setAttribute("aria-current", own === at));
    strip.scrollLeft = strip.children[at].offsetLeft - strip.clientWidth / 2;
  }

  function choose(group, id) {
    for (const button of groups) button.setAttribute("aria-pressed", button === group);
    one(".meaning").textContent = group.dataset.about;
    for (const doubts of all(".doubts")) doubts.open = group.dataset.name === "label errors";
    ids = group.dataset.ids.split(" ");
    strip.replaceChildren(...ids.map(thumbnail));
    open(ids.includes(id) ? id : ids[0]);
  }

  function thumbnail(id) {
    const button = document.createElement("button"), picture = new Image();
    picture.src = one("image", figures.get(id)).href.baseVal;
    picture.alt = one("figcaption b", figures.get(id)).textContent;
    button.type = "button";
    button.append(picture);
    on(button, "click", () => turn(ids.indexOf(id) - ids.indexOf(state.id)));
    return button;
  }

  // An address that names a picture opens it, in the group that is open if it is there.
  function follow() {
    const id = location.hash.replace(/^#image-/, "");
    if (!figures.has(id)) return false;
    if (ids.includes(id)) open(id);
    else choose(groups.at(-1), id);
    figures.get(id).scrollIntoView();
    return true;
  }

  function slide(score) {
    const thresholds = classes.map(({ threshold }) => threshold);
    const [least, most] = [Math.min(...thresholds), Math.max(...thresholds)].map((value) => value.toFixed(2));
    state.score = score;
    if (score === null) slider.value = least;
    one(".slide output").value = score?.toFixed(2) ?? (least === most ? least : `${least} to ${most}, by class`);
    one(".chosen").setAttribute("aria-pressed", score === null);
    describe(null);
    judge();
  }

  const closer = () => zoom(1.5), farther = () => zoom(1 / 1.5), whole = () => zoom(0);
  const back = () => turn(-1), ahead = () => turn(1);
  const keys = {
    ArrowLeft: back, ArrowRight: ahead, "+": closer, "-": farther, 0: whole, Escape: () => describe(null),
  };

  function press(event) {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select")) return;
    event.preventDefault();
    keys[event.key]();
  }

  function pictured(x, y, target) {
    const svg = target.closest?.(".pane > svg") ?? views()[0];
    return new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
  }

  // The page scrolls past a picture that nobody has touched; one that has the focus, or is zoomed, takes the wheel.
  function wheel(event) {
    const taken = event.ctrlKey || document.activeElement === stage || state.zoom > 1;
    if (!taken || !event.target.closest(".pane > svg") || (event.deltaY > 0 && state.zoom === 1)) return;
    event.preventDefault();
    zoom(Math.exp(-clamp(event.deltaY, -120, 120) / 300), pictured(event.clientX, event.clientY, event.target));
  }

  // One finger moves a zoomed picture, two zoom it about the middle between them.
  function drag(event) {
    const before = fingers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") hover(event);
      return;
    }
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    const spread = () => { const [a, b] = fingers.values(); return Math.hypot(a.x - b.x, a.y - b.y); };
    const wide = fingers.size === 2 && spread();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved += Math.hypot(dx, dy);
    if (fingers.size === 2) {
      const [a, b] = fingers.values();
      zoom(spread() / wide, pictured((a.x + b.x) / 2, (a.y + b.y) / 2, event.target));
    } else if (state.zoom > 1 && moved > 4) {
      state.x -= dx * state.unit;
      state.y -= dy * state.unit;
      describe(null);
      look();
    }
  }

  function hover(event) {
    describe(event.target.closest(".object"), event.clientX, event.clientY);
  }

  for (const part of all(".groups, .meaning, .strip, .tools, .flaws")) part.hidden = false;
  root.classList.add("live");
  stage.tabIndex = 0;
  for (const box of all("[type=checkbox]")) {
    on(box, "change", () => { root.classList.toggle(`no-${box.name}`, !box.checked); write(); });
  }
  for (const group of groups) on(group, "click", () => choose(group));
  const buttons = { back, ahead, closer, farther, whole, chosen: () => slide(null) };
  for (const [name, act] of Object.entries(buttons)) on(one(`button.${name}`), "click", act);
  on(one(".sides"), "click", ({ currentTarget: button }) => {
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    arrange();
  });
  on(slider, "input", () => slide(+slider.value));
  on(one("select"), "change", judge);
  on(root, "keydown", press);
  on(stage, "wheel", wheel, { passive: false });
  on(stage, "pointerdown", (event) => {
    if (!event.target.closest(".pane > svg")) return;
    if (!fingers.size) moved = 0;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  on(stage, "pointermove", drag);
  for (const kind of ["pointerup", "pointercancel", "pointerleave"]) {
    on(stage, kind, (event) => fingers.delete(event.pointerId));
  }
  on(stage, "pointerleave", () => describe(null));
  on(stage, "click", (event) => { if (event.target.closest(".pane > svg") && moved <= 4) hover(event); });
  on(window, "hashchange", follow);
  if (innerWidth <= 900) one(".sides").setAttribute("aria-pressed", "false");
  if (!follow()) choose(groups[0]);
  arrange();
  slide(null);
  new ResizeObserver(look).observe(stage);
})();
