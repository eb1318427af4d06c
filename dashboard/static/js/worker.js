// A SharedWorker: one for all tabs that a browser has open, and in it their one connection.

import { Switchboard } from "./switchboard.js";
import { Tab } from "./tab.js";

const board = new Switchboard();

addEventListener("connect", (event) => {
  const [port] = event.ports;
  const tab = new Tab((message) => port.postMessage(message));
  port.onmessage = ({ data }) => board.take(tab, data);
});
