import { useSignal, type Signal } from "@preact/signals";
import { IconButton, Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Menu } from "../../parts/menu";
import { arranged, isShown, moved, type Column } from "./layout";
import { t } from "./words";

/** The chosen columns of a table, kept. */
export interface Chosen {
  order: Signal<string[]>;
  shown: Signal<Record<string, boolean>>;
}

/** Which columns are shown, and in which order: by dragging, or by buttons. */
export function ColumnsMenu({ columns, chosen }: { columns: readonly Column[]; chosen: Chosen }) {
  const said = useSignal("");
  const dragged = useSignal("");
  const all = arranged(columns, chosen.order.value);
  const move = (id: string, to: number): void => {
    chosen.order.value = moved(columns, chosen.order.peek(), id, to);
    const place = Math.min(Math.max(to, 0), all.length - 1) + 1;
    said.value = t.columns.moved(all.find((column) => column.id === id)?.header ?? id, place, all.length);
  };
  const reset = (): void => {
    chosen.order.value = [];
    chosen.shown.value = {};
  };
  return (
    <Menu icon="columns" small look="quiet" label={t.columns.open} class="button-icon">
      <ul class="columns-list">
        {all.map((column, index) => (
          <li
            key={column.id}
            draggable
            class={dragged.value === column.id ? "dragged" : ""}
            onDragStart={(event) => {
              dragged.value = column.id;
              event.dataTransfer?.setData("text/plain", column.id);
            }}
            onDragOver={(event) => {
              event.preventDefault();
              if (dragged.value && dragged.value !== column.id) move(dragged.value, index);
            }}
            onDrop={(event) => event.preventDefault()}
            onDragEnd={() => (dragged.value = "")}
          >
            <span class="grip" title={t.columns.grip}>
              <Icon name="grip" size={14} />
            </span>
            <label>
              <input
                type="checkbox"
                checked={isShown(column, { order: [], shown: chosen.shown.value })}
                onChange={(event) => (chosen.shown.value = { ...chosen.shown.peek(), [column.id]: event.currentTarget.checked })}
              />
              {column.header}
            </label>
            <IconButton icon="up" small label={t.columns.up(column.header)} disabled={index === 0} onClick={() => move(column.id, index - 1)} />
            <IconButton icon="down" small label={t.columns.down(column.header)} disabled={index === all.length - 1} onClick={() => move(column.id, index + 1)} />
          </li>
        ))}
      </ul>
      <Button small look="quiet" icon="retry" onClick={reset}>
        {t.columns.reset}
      </Button>
      <p class="off-screen" role="status">
        {said.value}
      </p>
    </Menu>
  );
}
