// What a page asks its visitor for in a window of the browser's own: to print, a permission, a file, a device. Nobody is
// there to answer, so chatproof does, as a visitor who says no; and it says that it did. Part of the listener, which calls
// it once, before any script of the page.
//
// (kit) => { attend, put }
//   kit      { apply, say, quote, granted }: the listener's own means; granted: [origin, name] of each permission that
//            this visitor has (Permissions standard), for which nobody is asked there
//   attend   listens (again) to window and document
//   put      (holder, name, call): puts a Proxy in a function's place, as below
//
// Where the browser can be asked to refuse by itself (`firefox.rs`, `chromium.rs`), it does, and the page gets what the
// browser gives; here it is only said. Where it can't, or takes seconds for it, the refusal is made here. What tells by
// itself (printing, full screen, the pointer's lock) is listened to and left alone. What doesn't is replaced by a Proxy:
// name, length, properties, `this`, arguments, results and exceptions are the original's; of its source text
// `Function.prototype.toString` is told.
(kit) => {
  "use strict";
  const { apply, say, quote, granted } = kit;
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const isPrototypeOf = Object.prototype.isPrototypeOf;
  const Proxy_ = Proxy;
  const WeakMap_ = WeakMap;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const weakHas = WeakMap.prototype.has;
  const functionPrototype = Function.prototype;
  const listen = EventTarget.prototype.addEventListener;
  const promise = Promise;
  const { resolve, reject } = Promise;
  const Exception = DOMException;
  const soon = window.queueMicrotask;
  const later = window.setTimeout;
  const gecko = "mozInnerScreenX" in window;
  const Input = window.HTMLInputElement;
  const getter = (prototype, name) => {
    const how = prototype && getOwnPropertyDescriptor(prototype, name);
    return how && how.get;
  };
  const inputType = Input && getter(Input.prototype, "type");
  const fullscreenElement = getter(Document.prototype, "fullscreenElement");
  const lockedElement = getter(Document.prototype, "pointerLockElement");
  const unlock = Document.prototype.exitPointerLock;
  const prevented = getter(Event.prototype, "defaultPrevented");

  const MOST = 200; // of one document: who asks over and over has been heard
  let said = 0;
  const tell = (what, answer) => {
    if (++said <= MOST) say("asked", ',"w":' + quote(what) + ',"a":' + quote(answer));
  };

  // --- What is called ---------------------------------------------------------------------------------------------------
  const originals = new WeakMap_(); // ours -> the browser's
  const unwrap = (value) => (typeof value === "function" && apply(weakHas, originals, [value]) ? apply(weakGet, originals, [value]) : value);
  const proxyOf = (original, call) => {
    const proxy = new Proxy_(original, { __proto__: null, apply: call });
    apply(weakSet, originals, [proxy, original]);
    return proxy;
  };
  const put = (holder, name, call) => {
    const how = holder && getOwnPropertyDescriptor(holder, name);
    if (!how || typeof how.value !== "function" || !how.configurable) return false;
    const { writable, enumerable, configurable } = how;
    const value = proxyOf(how.value, call);
    defineProperty(holder, name, { __proto__: null, value, writable, enumerable, configurable });
    return true;
  };
  const no = (name, message) => () => apply(reject, promise, [new Exception(message, name)]);
  // A visitor who says no to notifications; Chromium itself takes one to two seconds for that.
  const denied = (given) => {
    const callback = given[0];
    if (typeof callback === "function") soon(() => callback("denied"));
    return apply(resolve, promise, ["denied"]);
  };
  // Only what is asked for in a dialog: passkeys and sign-in, not saved passwords nor what waits in a field's suggestions.
  const own = (object, name) => {
    try {
      const how = typeof object === "object" && object !== null ? getOwnPropertyDescriptor(object, name) : undefined;
      return how && how.value;
    } catch {
      return undefined; // a proxy that refuses
    }
  };
  const kinds = ["publicKey", "identity", "digital", "otp"];
  const dialog = (given) => {
    const mediation = own(given[0], "mediation");
    if (mediation === "conditional" || mediation === "silent") return false;
    for (let i = 0; i < kinds.length; i++) if (own(given[0], kinds[i]) !== undefined) return true;
    return false;
  };
  const here = window.origin;
  const has = (permission) => {
    for (let i = 0; i < granted.length; i++) if (granted[i][0] === here && granted[i][1] === permission) return true;
    return false;
  };
  // Whether what is asked for is the visitor's already: then the browser answers, and no refusal is anybody's.
  const isGranted = (place, name, given) => {
    if (granted.length === 0) return false;
    if (place === "Geolocation.prototype") return has("geolocation");
    if (place === "Notification") return has("notifications");
    if (name !== "getUserMedia" && name !== "webkitGetUserMedia" && name !== "mozGetUserMedia") return false;
    const [audio, video] = [own(given[0], "audio"), own(given[0], "video")];
    return (audio || video) && (!audio || has("microphone")) && (!video || has("camera"));
  };
  const [blink, both] = [!gecko, true];
  const aborted = (name, of) => no("AbortError", "Failed to execute '" + name + "' on '" + of + "': The user aborted a request.");
  const unsigned = no("NotAllowedError", "The operation either timed out or was not allowed.");
  const unpicked = no("NotFoundError", "No port selected by the user.");
  const unread = no("NotAllowedError", "Clipboard read request was blocked due to lack of user activation.");
  // Interface or window, function, answer, [where the refusal is made here, how, and for which arguments it is asked]
  const asks = [
    ["Notification", "requestPermission", "refused", blink, denied],
    ["IdleDetector", "requestPermission", "refused", blink, denied],
    ["PushManager.prototype", "subscribe", "refused", blink, no("NotAllowedError", "Registration failed - permission denied")],
    ["Geolocation.prototype", "getCurrentPosition", "refused"],
    ["Geolocation.prototype", "watchPosition", "refused"],
    ["MediaDevices.prototype", "getUserMedia", "refused"],
    ["MediaDevices.prototype", "getDisplayMedia", "refused"],
    ["MediaDevices.prototype", "selectAudioOutput", "refused"],
    ["Navigator.prototype", "getUserMedia", "refused"],
    ["Navigator.prototype", "webkitGetUserMedia", "refused"],
    ["Navigator.prototype", "mozGetUserMedia", "refused"],
    ["SpeechRecognition.prototype", "start", "refused"],
    ["webkitSpeechRecognition.prototype", "start", "refused"],
    ["Clipboard.prototype", "read", "refused", gecko, unread],
    ["Clipboard.prototype", "readText", "refused", gecko, unread],
    ["Document.prototype", "requestStorageAccess", "refused"],
    ["Document.prototype", "requestStorageAccessFor", "refused"],
    ["StorageManager.prototype", "persist", "refused"],
    ["Navigator.prototype", "registerProtocolHandler", "refused"],
    ["Navigator.prototype", "requestMIDIAccess", "refused"],
    ["window", "queryLocalFonts", "refused"],
    ["window", "getScreenDetails", "refused"],
    ["USB.prototype", "requestDevice", "refused"],
    ["HID.prototype", "requestDevice", "refused"],
    ["Bluetooth.prototype", "requestDevice", "refused"],
    ["Serial.prototype", "requestPort", "refused", gecko, unpicked],
    ["EyeDropper.prototype", "open", "cancelled", both, no("AbortError", "The user canceled the selection.")],
    ["PaymentRequest.prototype", "show", "cancelled", both, no("AbortError", "User closed the Payment Request UI.")],
    ["CredentialsContainer.prototype", "get", "cancelled", both, unsigned, dialog],
    ["CredentialsContainer.prototype", "create", "cancelled", both, unsigned, dialog],
    ["Navigator.prototype", "share", "cancelled", both, no("AbortError", "Share canceled")],
    ["window", "showOpenFilePicker", "cancelled", both, aborted("showOpenFilePicker", "Window")],
    ["window", "showSaveFilePicker", "cancelled", both, aborted("showSaveFilePicker", "Window")],
    ["window", "showDirectoryPicker", "cancelled", both, aborted("showDirectoryPicker", "Window")],
    ["HTMLInputElement.prototype", "showPicker", "cancelled"],
    ["HTMLSelectElement.prototype", "showPicker", "cancelled"],
    ["Keyboard.prototype", "lock", "allowed"],
  ];
  let one = false;
  for (let i = 0; i < asks.length; i++) {
    const [place, name, answer, ours, refusal, when] = asks[i];
    const [first, second] = place.split(".");
    let holder = first === "window" ? window : window[first];
    if (second && holder) holder = holder[second];
    // A function of the same name as one of the language's says little: `Notification.requestPermission()`, `getUserMedia()`.
    const what = (["requestPermission", "get", "create", "show", "open", "read", "lock", "start", "persist", "subscribe"].includes(name) ? first + "." : "") + name + "()";
    one = put(holder, name, (target, self, given) => {
      if ((when && !when(given)) || isGranted(place, name, given)) return apply(target, self, given);
      tell(what, answer);
      return ours ? refusal(given) : apply(target, self, given);
    }) || one;
  }
  // Who reads it may stay silent for a browser that is driven: heard once, and answered as ever.
  const driven = getOwnPropertyDescriptor(Navigator.prototype, "webdriver");
  if (driven && driven.get && driven.configurable) {
    let read = false;
    const get = proxyOf(driven.get, (target, self, given) => {
      if (!read) say("webdriver", "");
      read = true;
      return apply(target, self, given);
    });
    const { set, enumerable, configurable } = driven;
    defineProperty(Navigator.prototype, "webdriver", { __proto__: null, get, set, enumerable, configurable });
    one = true;
  }
  // Its own source text is the browser's too.
  if (one) put(functionPrototype, "toString", (target, self, given) => apply(target, unwrap(self), given));

  // --- What tells by itself ---------------------------------------------------------------------------------------------
  // A print is heard wherever it comes from: `print()`, `execCommand`, a frame.
  const prints = (event) => {
    if (event.isTrusted && event.target === window) tell("print()", "cancelled");
  };
  const fills = (event) => {
    if (event.isTrusted && fullscreenElement && apply(fullscreenElement, window.document, [])) tell("full screen", "allowed");
  };
  // Who has the pointer gets all clicks, wherever they are aimed at: Escape, as a visitor would sooner or later.
  const locks = (event) => {
    if (!event.isTrusted || !lockedElement || !apply(lockedElement, window.document, [])) return;
    tell("requestPointerLock()", "cancelled");
    apply(unlock, window.document, []);
  };
  const clicks = (event) => {
    let type;
    try {
      type = inputType && apply(isPrototypeOf, Input.prototype, [event.target]) ? apply(inputType, event.target, []) : "";
    } catch {
      return; // an event of the page's own making
    }
    const opens = type === "color" || (gecko && (type === "date" || type === "time" || type === "datetime-local"));
    if (opens) later(() => apply(prevented, event, []) || tell(type + " picker", "cancelled"), 0);
  };
  const attend = () => {
    apply(listen, window, ["beforeprint", prints]);
    apply(listen, window, ["fullscreenchange", fills, true]);
    apply(listen, window, ["pointerlockchange", locks, true]);
    apply(listen, window, ["click", clicks, true]);
  };
  attend();
  return { __proto__: null, attend, put };
}
