import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isDark, look } from "../../app/look";

/** A text that changes when the colours of the theme do. */
export function useTheme(): string {
  const system = useSignal(matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const take = (): void => {
      system.value = media.matches;
    };
    media.addEventListener("change", take);
    return () => media.removeEventListener("change", take);
  }, []);
  return `${isDark(look.mode.value, system.value) ? "dark" : "light"} ${look.palette.value}`;
}
