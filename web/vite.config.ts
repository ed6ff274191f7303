import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { fakeApi } from "./dev/fake-api";

const server = process.env.USHER_URL ?? "http://localhost:8080";

export default defineConfig(({ mode }) => ({
  plugins: mode === "fake" ? [react(), fakeApi()] : [react()],
  server: {
    proxy: mode === "fake" ? undefined : { "/api": server, "/chat": server, "/demo": server },
  },
  build: { target: "es2022", chunkSizeWarningLimit: 1500 },
}));
