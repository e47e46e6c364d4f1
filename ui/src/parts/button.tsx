import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

type Native = Omit<ButtonHTMLAttributes, "icon" | "children">;

export interface ButtonProps extends Native {
  icon?: IconName;
  /** `primary` is the one thing to do here; `danger` ends or destroys something; `quiet` has no frame. */
  look?: "plain" | "primary" | "danger" | "quiet";
  small?: boolean;
  /** Its work is under way: it spins, and cannot be pressed. */
  busy?: boolean;
  children?: ComponentChildren;
}

export function Button({ icon, look = "plain", small, busy, children, disabled, ...native }: ButtonProps) {
  const extra = typeof native.class === "string" ? native.class : "";
  const classes = ["button", `button-${look}`, small ? "button-small" : "", extra].filter(Boolean).join(" ");
  return (
    <button type="button" {...native} class={classes} disabled={disabled ?? busy ?? false} aria-busy={busy ? "true" : undefined}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children !== undefined && <span class="button-text">{children}</span>}
    </button>
  );
}

/** A button that is only its icon; `label` is its name, and what a pointer is told. */
export function IconButton({ label, look = "quiet", ...rest }: Omit<ButtonProps, "children"> & { label: string; icon: IconName }) {
  return <Button {...rest} look={look} class={`button-icon ${typeof rest.class === "string" ? rest.class : ""}`} aria-label={label} title={label} />;
}
