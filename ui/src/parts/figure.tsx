/** A number that matters, with its name; it stands in an element of the class `figures`. */
export function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="figure">
      <span class="figure-value">{value}</span>
      <span class="figure-name">{name}</span>
    </div>
  );
}
