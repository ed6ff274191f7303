import styles from "./form.module.css";

/** A help text; in it, `code` and *emphasis* are as in the catalogue's descriptions. */
export function Help({ text, id }: { text: string | undefined; id?: string }) {
  if (!text) return null;
  return (
    <p className={styles.help} id={id}>
      {text.split(/(`[^`]+`|\*[^*]+\*)/).map((part, index) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no names but their places
        if (part.startsWith("`")) return <code key={index}>{part.slice(1, -1)}</code>;
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no names but their places
        if (part.startsWith("*") && part.length > 2) return <em key={index}>{part.slice(1, -1)}</em>;
        return part;
      })}
    </p>
  );
}
