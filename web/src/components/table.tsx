import { Skeleton, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import styles from "./table.module.css";

interface Props {
  /** The names of the columns; an empty one is for the row's menu. */
  columns: string[];
  label: string;
  children: ReactNode;
}

/** A quiet table: one line a row, its borders between rows only. */
export function Table({ columns, label, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={styles.wrap} data-menu={columns.at(-1) === ""}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column || <VisuallyHidden>{t("table.actions")}</VisuallyHidden>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** The same table while its rows are on their way. */
export function TableSkeleton({ columns }: { columns: string[] }) {
  return (
    <Table columns={columns} label="">
      {["first", "second", "third", "fourth"].map((row) => (
        <tr key={row} aria-hidden>
          {columns.map((column, index) => (
            <td key={column}>
              {column !== "" && <Skeleton height={12} width={index === 0 ? 180 : 80} my={10} />}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

/** The first cell of a row: what it is, and a dim line below. */
export function Named({ icon, name, below }: { icon?: ReactNode; name: ReactNode; below?: ReactNode }) {
  return (
    <div className={styles.named}>
      {icon}
      <div className={styles.names}>
        <div className={styles.name}>{name}</div>
        {below && <div className={styles.below}>{below}</div>}
      </div>
    </div>
  );
}
