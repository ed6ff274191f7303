/** Shows the chat on the hosted page, from the attributes that the server wrote on the document's body. */

import { mount } from "./chat.js";

const { route, environment } = document.body.dataset;
const chat = mount(document.body, {
  base: location.origin,
  route: route ?? "",
  environment: environment ?? "production",
});
chat.focus();
