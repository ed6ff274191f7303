import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    // The colours are checked from their file; other styles mean nothing here.
    css: { include: /tokens\.css/ },
    setupFiles: ["src/app/test-setup.ts"],
  },
});
