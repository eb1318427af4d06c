// Who else is editing the record of this form: told over the WebSocket, where the server has one.
// The form doesn't need it, so that it gives up in silence.

const FIRST = 1000;
const LONGEST = 30_000;
// How often a line is tried that never was, as behind a proxy that passes no WebSockets.
const TRIES = 4;
// Heartbeats without a word after which the line counts as dead.
const PATIENCE = 2.5;
const GOING_AWAY = 1001;
const REFUSED = 1008;

/** @typedef {{id: string, name: string, doing: "watching" | "editing"}} Visitor */

/** @param {ParentNode} page */
export function start(page) {
  const form = page.querySelector("[data-presence]");
  const line = page.querySelector("[data-company]");
  const { presence: url, record } = form.dataset;
  const meeting = new Meeting(url, record, (text) => {
    // What is said again would be read aloud again.
    if (line.textContent !== text) line.textContent = text;
  });
  meeting.open();
  // A page that the browser keeps for the way back isn't open, and nobody is at it.
  addEventListener("pagehide", () => meeting.close());
  addEventListener("pageshow", (event) => event.persisted && meeting.open());
}

class Meeting {
  /** @param {string} url @param {string} record @param {(text: string) => void} tell */
  constructor(url, record, tell) {
    this.url = url;
    this.record = record;
    this.tell = tell;
    this.wait = FIRST;
    this.failed = 0;
  }

  open() {
    const address = new URL(this.url, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.onmessage = (event) => this.#heard(JSON.parse(event.data));
    this.socket.onclose = (event) => this.#closed(event.code);
  }

  close() {
    clearTimeout(this.again);
    clearTimeout(this.watchdog);
    const socket = this.socket;
    if (!socket) return;
    socket.onclose = socket.onmessage = null;
    // The browser complains where a line is closed that isn't open yet.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
    this.socket = undefined;
    this.tell("");
  }

  #heard(message) {
    if (message.type === "hello") {
      this.failed = -Infinity;
      this.wait = FIRST;
      this.me = message.id;
      this.silence = message.heartbeat * 1000 * PATIENCE;
      this.socket.send(JSON.stringify({ type: "present", record: this.record, doing: "editing" }));
    } else if (message.type === "presence") {
      this.tell(sentence(message.visitors, this.me, message.count));
    }
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.#lost(), this.silence);
  }

  #lost() {
    this.close();
    this.open();
  }

  /** Try again, but not for ever where it never was. */
  #closed(code) {
    clearTimeout(this.watchdog);
    this.tell("");
    this.failed += 1;
    if (this.failed >= TRIES || code === REFUSED) return;
    const least = code === GOING_AWAY ? FIRST * 2 : 0;
    this.again = setTimeout(() => this.open(), least + this.wait * (1 + Math.random()));
    this.wait = Math.min(LONGEST, this.wait * 2);
  }
}

/**
 * What to say of the others, each of them once however many windows they have.
 * @param {Visitor[]} visitors @param {string} me @param {number} count
 */
export function sentence(visitors, me, count = visitors.length) {
  const mine = visitors.find(({ id }) => id === me)?.name;
  const others = visitors.filter(({ id, doing }) => id !== me && doing === "editing");
  const names = [...new Set(others.map(({ name }) => name))].filter((name) => name !== mine);
  const parts = [];
  if (names.length > 0) {
    // Who edits is named before who doesn't.
    const more = count > visitors.length && visitors.every(({ doing }) => doing === "editing");
    const told = list(more ? [...names, "others"] : names);
    parts.push(`${told} ${more || names.length > 1 ? "are" : "is"} editing this too.`);
  }
  if (others.some(({ name }) => name === mine)) {
    parts.push("You are editing this in another window.");
  }
  return parts.join(" ");
}

function list(names) {
  const [last, ...rest] = [...names].reverse();
  return rest.length > 0 ? `${rest.reverse().join(", ")} and ${last}` : last;
}
