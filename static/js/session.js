// Two minutes before the session ends by itself: save what was typed, then say so and offer to go on. Without this file
// the server gives the typed text back after the end (401.html).
"use strict";

const WARNING_SECONDS = 120;
const warning = document.getElementById("phien-sap-het");
const keep = warning?.querySelector("form");
let timer;

function arm(seconds) {
  clearTimeout(timer);
  timer = setTimeout(warn, Math.max(0, seconds - WARNING_SECONDS) * 1000);
}

// A form that htmx saves by itself is saved now; text under the cursor has not told the page yet that it changed.
function saveOpenForms() {
  document.activeElement?.dispatchEvent(new Event("change", { bubbles: true }));
  document.querySelectorAll("form[hx-post][data-unsaved]").forEach((form) => { htmx.trigger(form, "submit"); });
}

function warn() {
  saveOpenForms();
  const end = new Date(Date.now() + WARNING_SECONDS * 1000);
  const time = end.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  warning.querySelector("p").textContent = `Phiên đăng nhập sẽ hết lúc ${time} vì lâu không có thao tác. Chọn «Làm việc tiếp» để ở lại.`;
  warning.hidden = false;
}

function calm(seconds) {
  warning.hidden = true;
  arm(seconds);
}

if (warning) {
  arm(Number(warning.dataset.seconds));
  document.addEventListener("input", (event) => { event.target.form?.setAttribute("data-unsaved", ""); });
  document.addEventListener("htmx:afterRequest", (event) => {
    const seconds = event.detail.xhr?.getResponseHeader("Session-Ends-In");
    if (event.detail.successful) event.detail.elt.closest("form")?.removeAttribute("data-unsaved");
    if (seconds) calm(Number(seconds));
  });
  keep.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(keep.action, { method: "POST", body: new FormData(keep) });
    const seconds = answer.headers.get("Session-Ends-In");
    if (seconds) calm(Number(seconds));
    else location.reload();
  });
}
