import "../i18n";
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// The browser of the tests loads no fonts, and growing text fields wait for them.
Object.defineProperty(document, "fonts", { value: new EventTarget() });

afterEach(cleanup);
