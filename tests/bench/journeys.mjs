// The demo's journeys (fixtures/demo.yaml), as a person would write them for a browser library: the same acts, the same
// waits, the same events to come. `run` is one of them on its way: acts of a visitor and of an agent, by whatever library.
//
// A target is { role, name } | { label } | { placeholder } | { testid } | { css }, or { text } in { within }. `last`: the
// last one of several. Texts match as a whole, patterns anywhere.

const button = (name) => ({ role: "button", name });
const log = { role: "log" };
const said = (text, more) => ({ text, within: log, ...more });
const launcher = { css: "#hb_chatbot-root .hb_button" };
const ENTER = { press: "Enter" };
const TRIGGERED = { fires: ["CONVERSATION_TRIGGERED"], within: 20_000 };

export const journeys = {
  async "live-chat"({ visitor, agent, id }) {
    await agent.open("/inbox?team=live-chat&name=Ada");
    await visitor.open("/pricing?team=live-chat", TRIGGERED);
    await visitor.click(launcher);
    await visitor.click(button("Talk to sales"), { fires: ["CONVERSATION_ENGAGED", "CONVERSATION_LIVE_CHAT_REQUESTED"] });
    await agent.click(button("Accept"), { fires: ["CONVERSATION_LIVE_CHAT_INITIATED"] });
    await visitor.fill({ label: "Message" }, `Hello, this is ${id}`, ENTER);
    await agent.sees(said(`Hello, this is ${id}`));
    await agent.fill({ label: "Reply to visitor" }, `Welcome, ${id}. Shall we find a time?`, ENTER);
    await visitor.sees(said(`Welcome, ${id}. Shall we find a time?`));
    await agent.click(button("Share calendar"));
    await visitor.click({ testid: "day-1" });
    await visitor.click({ testid: "slot-2" });
    await visitor.click(button("Confirm meeting"), { fires: ["CONVERSATION_MEETING_BOOKED"] });
    await agent.sees(said(/meeting booked/i));
    await agent.click(button("End session"), { fires: ["CONVERSATION_LIVE_CHAT_ENDED", "CONVERSATION_COMPLETED"] });
  },

  async "book-a-meeting"({ visitor }) {
    await visitor.open("/pricing?team=book-a-meeting", TRIGGERED);
    await visitor.click(launcher);
    await visitor.click(button("Book a meeting"), { fires: ["CONVERSATION_ENGAGED"] });
    await visitor.fill({ label: "Work email" }, "visitor@nowhere", ENTER);
    await visitor.sees({ role: "alert" });
    await visitor.fill({ label: "Work email" }, "visitor@example.com", { ...ENTER, fires: ["CONVERSATION_INPUT_EMAIL"] });
    await visitor.fill({ label: "Phone number" }, "+1 555 010 0199");
    await visitor.click(button("Send phone number"), { fires: ["CONVERSATION_INPUT_PHONE"] });
    await visitor.click({ testid: "day-0" });
    await visitor.click({ testid: "slot-0" });
    await visitor.click(button("Confirm meeting"), { fires: ["CONVERSATION_MEETING_BOOKED", "CONVERSATION_COMPLETED"] });
  },

  async "inline-demo-request"({ visitor }) {
    await visitor.open("/demo-request?team=inline-demo-request", TRIGGERED);
    await visitor.scroll({ label: "Full name" });
    await visitor.fill({ label: "Full name" }, "Kim Example", { ...ENTER, fires: ["CONVERSATION_ENGAGED"] });
    await visitor.fill({ placeholder: "name@company.com" }, "kim@example.com", { ...ENTER, fires: ["CONVERSATION_INPUT_EMAIL"] });
    await visitor.select({ label: "Team size" }, "51 to 200 people");
    await visitor.click(button("Send team size"));
    await visitor.click(button("No meeting, thanks"), { fires: ["CONVERSATION_COMPLETED"] });
  },

  async "popup-fleet-check"({ visitor, id }) {
    await visitor.open("/product?team=popup-fleet-check");
    await visitor.sees({ css: "[data-chat-flow]:enabled" });
    await visitor.click(button("Start the fleet check"), { fires: ["CONVERSATION_TRIGGERED"] });
    await visitor.click(button("500 to 5,000"), { fires: ["CONVERSATION_ENGAGED"] });
    await visitor.press(button("Customs"), "Enter");
    await visitor.fill({ label: "Work email" }, `fleet+${id}@example.com`, { ...ENTER, fires: ["CONVERSATION_INPUT_EMAIL"] });
    await visitor.click(button("Open Fleet check result"), { fires: ["CONVERSATION_COMPLETED"] });
    await visitor.click(button("Back to chat"));
    await visitor.click({ ...button("Close chat"), css: ".hb_popup.hb_shown" });
    await visitor.sees({ css: "#hb_chatbot-root .hb_popup.hb_shown" }, { gone: true });
  },

  async "resume-after-reload"({ visitor }) {
    await visitor.open("/pricing?team=resume-after-reload", TRIGGERED);
    await visitor.click(launcher);
    await visitor.click(button("Ask a question"), { fires: ["CONVERSATION_ENGAGED"] });
    await visitor.fill({ label: "Your question" }, "Do you offer single sign-on?", ENTER);
    await visitor.sees(said(/single sign-on/i, { last: true }));
    await visitor.reload();
    await visitor.sees(said("Do you offer single sign-on?"));
    await visitor.open("/docs");
    await visitor.sees(said("Do you offer single sign-on?"));
    await visitor.click(button("That's all, thanks"), { fires: ["CONVERSATION_COMPLETED"] });
    await visitor.pause(1500);
    await visitor.open("/pricing");
    await visitor.sees({ css: "[data-chat-flow]:enabled" });
    await visitor.sees(launcher, { gone: true });
  },

  async "nobody-accepts"({ visitor }) {
    await visitor.open("/pricing?team=nobody-accepts-nobody&accept=3s", TRIGGERED);
    await visitor.click(launcher);
    await visitor.click(button("Talk to sales"), { fires: ["CONVERSATION_ENGAGED", "CONVERSATION_LIVE_CHAT_REQUESTED"] });
    await visitor.sees(button("Leave my email"), { fires: ["CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT"], within: 10_000 });
    await visitor.click(button("Leave my email"));
    await visitor.fill({ label: "Work email" }, "later@example.com", {
      ...ENTER,
      fires: ["CONVERSATION_INPUT_EMAIL", "CONVERSATION_COMPLETED"],
    });
  },

  async "visitor-falls-silent"({ visitor, agent }) {
    await agent.open("/inbox?team=visitor-falls-silent&name=Ada");
    await visitor.open("/pricing?team=visitor-falls-silent&idle=4s", TRIGGERED);
    await visitor.click(launcher);
    await visitor.click(button("Compare plans"), { fires: ["CONVERSATION_ENGAGED"] });
    await visitor.click(button("Open Plan guide"));
    await visitor.click(button("Back to chat"));
    await visitor.click(button("I'd like to talk to someone"), { fires: ["CONVERSATION_LIVE_CHAT_REQUESTED"] });
    await agent.click(button("Accept"), { fires: ["CONVERSATION_LIVE_CHAT_INITIATED"] });
    await visitor.sees(said("This chat ended because it was quiet for a while."), {
      fires: ["CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT", "CONVERSATION_LIVE_CHAT_ENDED", "CONVERSATION_COMPLETED"],
      within: 10_000,
    });
  },

  async "closed-before-the-end"({ visitor }) {
    await visitor.open("/?team=closed-before-the-end&trigger=scroll:60");
    await visitor.scroll("bottom", { fires: ["CONVERSATION_TRIGGERED"], within: 10_000 });
    await visitor.click({ ...button("Get a quote"), css: ".hb_poke" }, { fires: ["CONVERSATION_ENGAGED"] });
    await visitor.click(button("Minimise chat"));
    await visitor.sees({ css: "#hb_chatbot-root .hb_chat.hb_shown" }, { gone: true });
    await visitor.click(launcher);
    await visitor.click({ ...button("Close chat"), css: ".hb_chat.hb_shown" }, { fires: ["CONVERSATION_CLOSED"] });
    await visitor.sees(launcher, { gone: true });
  },
};

/** Whether there is an agent in a journey. */
export const hasAgent = (name) => ["live-chat", "visitor-falls-silent"].includes(name);

/** What is heard by a journey's end is judged some time later: what comes unasked must have had its time. */
export const SETTLE = 500;
/** As demo.yaml has it. */
export const WITHIN = 5_000;
