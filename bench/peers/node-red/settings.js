// As installed, without the editor: what is not said here is Node-RED's own default.
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.PORT),
  httpAdminRoot: false,
  flowFile: "flows.json",
  credentialSecret: false,
  diagnostics: { enabled: false },
  telemetry: { enabled: false },
  logging: { console: { level: "warn", metrics: false, audit: false } },
  // Where contacts are is kept in memory: the store on disk writes its file anew, whole, every few seconds.
  contextStorage: { default: { module: "memory" } },
};
