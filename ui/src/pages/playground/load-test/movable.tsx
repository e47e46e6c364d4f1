import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Icon } from "../../../parts/icon";

interface MovableProps {
  /** Only what is of the same kind can be dropped here. */
  kind: string;
  at: number;
  onMove: (from: number, to: number) => void;
  class?: string;
  children: ComponentChildren;
}

/** An item of a list that a pointer can drag to another place; its buttons do the same for everybody else. */
export function Movable({ kind, at, onMove, class: extra = "", children }: MovableProps) {
  const over = useSignal(false);
  const type = `application/x-llamaswap-${kind}`;
  return (
    <li
      class={`play-movable ${over.value ? "play-movable-over" : ""} ${extra}`}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes(type)) return;
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        over.value = false;
        const from = event.dataTransfer?.getData(type) ?? "";
        if (from === "") return;
        event.preventDefault();
        onMove(Number(from), at);
      }}
    >
      <span class="play-grip" draggable aria-hidden="true" onDragStart={(event) => event.dataTransfer?.setData(type, String(at))}>
        <Icon name="grip" />
      </span>
      {children}
    </li>
  );
}
