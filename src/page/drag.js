// HTML's drag and drop where a driver's mouse doesn't lead it (Firefox): the page's `dragstart` is real, and what follows is
// made of how the mouse moves (HTML, section 6.11.5). The engine (engine.js) and watch.js stand before it in the same
// function.

const CARRIED = "chatproof carried";
// What a page doesn't hear of while something is dragged.
const SILENT = ["mousemove", "pointermove", "mouseup", "pointerup", "click", "mouseover", "mouseout", "mouseenter", "mouseleave", "pointerover", "pointerout"];

// Listens from now on for the beginning of a drag.
commands.carry = () => {
  if (Object.hasOwn(globalThis, CARRIED)) globalThis[CARRIED]?.stop();
  const state = { began: false, dropped: false };
  let source = null;
  let data = null;
  let over = null;
  let accepted = false;
  const tell = (target, type, event, cancelable = true) => {
    const { clientX, clientY, screenX, screenY } = event;
    const made = new DragEvent(type, { bubbles: true, cancelable, composed: true, clientX, clientY, screenX, screenY, dataTransfer: data });
    target.dispatchEvent(made);
    return made.defaultPrevented;
  };
  const onStart = (event) => {
    if (!event.isTrusted || event.defaultPrevented) return;
    state.began = true;
    source = event.composedPath()[0];
    if (source.nodeType !== 1) source = source.parentElement;
    data = new DataTransfer();
    for (const type of event.dataTransfer.types) if (type !== "Files") data.setData(type, event.dataTransfer.getData(type));
    data.effectAllowed = event.dataTransfer.effectAllowed;
    // The browser's own drag would take the mouse away from the driver.
    event.preventDefault();
  };
  const move = (event) => {
    tell(source, "drag", event);
    const target = deepElementFromPoint(event.clientX, event.clientY);
    if (target !== over) {
      const left = over;
      over = target;
      if (over) tell(over, "dragenter", event);
      if (left && left.isConnected) tell(left, "dragleave", event, false);
    }
    accepted = !!over && tell(over, "dragover", event);
  };
  const end = (event) => {
    if (over && accepted) {
      state.dropped = true;
      tell(over, "drop", event);
    } else if (over) tell(over, "dragleave", event, false);
    if (source.isConnected) tell(source, "dragend", event, false);
    source = null;
  };
  const onMouse = (event) => {
    if (!state.began || !event.isTrusted) return;
    event.stopImmediatePropagation();
    if (!source) return;
    if (event.type === "mousemove") move(event);
    else if (event.type === "mouseup") end(event);
  };
  addEventListener("dragstart", onStart);
  for (const type of SILENT) addEventListener(type, onMouse, true);
  const stop = () => {
    removeEventListener("dragstart", onStart);
    for (const type of SILENT) removeEventListener(type, onMouse, true);
    Object.defineProperty(globalThis, CARRIED, { value: null, configurable: true });
  };
  Object.defineProperty(globalThis, CARRIED, { value: { state, stop }, configurable: true });
  return [JSON.stringify({})];
};

// What has become of it.
commands.carried = async () => {
  const carried = Object.hasOwn(globalThis, CARRIED) ? globalThis[CARRIED] : null;
  if (!carried) return [JSON.stringify({})];
  await tick();
  carried.stop();
  return [JSON.stringify(carried.state)];
};
