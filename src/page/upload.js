// Files that somebody chooses for an input, or drops onto anything else. The engine (engine.js) and watch.js stand before it
// in the same function.

const fileInputOf = (element) => {
  const input = tagOf(element) === "LABEL" ? element.control : element;
  return input && tagOf(input) === "INPUT" && input.type === "file" ? input : null;
};

commands.upload = (request, element) => {
  const data = new DataTransfer();
  for (const { name, type, base64, modified } of request.files) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], name, { type, lastModified: modified }));
  }
  const no = (why) => [JSON.stringify({ why, is: describe(element) })];
  const input = fileInputOf(element);
  if (input) {
    if (isDisabled(input)) return no("is disabled");
    if (request.files.length > 1 && !input.multiple) return no("takes one file");
    input.files = data.files;
    input.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return [JSON.stringify({})];
  }
  if (!isVisible(element)) return no("can't be seen, and is no file input");
  intoView(element);
  const { x: clientX, y: clientY } = clickPoint(element) || { x: 0, y: 0 };
  const tell = (type) => {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, composed: true, clientX, clientY, dataTransfer: data });
    element.dispatchEvent(event);
    return event.defaultPrevented;
  };
  tell("dragenter");
  // What doesn't ask for it gets no drop.
  if (!tell("dragover")) {
    tell("dragleave");
    return no("takes no files: nothing there answers `dragover`");
  }
  tell("drop");
  return [JSON.stringify({})];
};
