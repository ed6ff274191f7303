import qrcode from "qrcode-generator";
import { useMemo } from "react";

/** A QR code of an address, drawn dark on light in both appearances so that every phone reads it. */
export function QrCode({ text, size = 160, label }: { text: string; size?: number; label: string }) {
  const { cells, path } = useMemo(() => draw(text), [text]);
  return (
    <svg
      role="img"
      aria-label={label}
      width={size}
      height={size}
      viewBox={`-2 -2 ${cells + 4} ${cells + 4}`}
      shapeRendering="crispEdges"
      style={{ borderRadius: 8, background: "#fff", flex: "none" }}
    >
      <path d={path} fill="#0f172a" />
    </svg>
  );
}

function draw(text: string): { cells: number; path: string } {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const cells = code.getModuleCount();
  let path = "";
  for (let row = 0; row < cells; row += 1) {
    for (let column = 0; column < cells; column += 1) {
      if (code.isDark(row, column)) path += `M${column} ${row}h1v1h-1z`;
    }
  }
  return { cells, path };
}
