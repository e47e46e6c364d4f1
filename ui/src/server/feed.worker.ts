/** One stream of events for all tabs: browsers allow six connections to a plain HTTP server (web-ui 5.5). */

import { Exchange, type FromTab } from "./exchange";

const exchange = new Exchange();
const scope = globalThis as unknown as SharedWorkerScope;

interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

scope.onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  const leave = exchange.join((message) => port.postMessage(message));
  port.onmessage = ({ data }: MessageEvent<FromTab>) => {
    if (data.do === "leave") leave();
    else exchange.hear(data);
  };
};
