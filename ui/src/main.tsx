import { render } from "preact";
import { applyLook } from "./app/look";
import { Shell } from "./app/shell";
import { recognise } from "./server/session";
import "./styles/index.css";

const root = document.getElementById("app");
if (root) {
  applyLook();
  render(<Shell />, root);
  void recognise();
}
