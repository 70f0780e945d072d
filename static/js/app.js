// What every page shares. Nothing here is needed to do the work: each part only makes it more comfortable.
// No text is ever kept in the browser's storage (shared office computers), and no key events are listened to (UniKey).
"use strict";

// A form with errors: go to the list of them.
document.querySelector("[data-error-summary]")?.focus();

// Show or hide passwords.
for (const button of document.querySelectorAll("[data-show-password]")) {
  const fields = button.dataset.showPassword.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") === "true";
    fields.forEach((field) => { field.type = shown ? "password" : "text"; });
    button.setAttribute("aria-pressed", String(!shown));
    button.textContent = shown ? "Hiện mật khẩu" : "Ẩn mật khẩu";
  });
  // Browsers offer to remember only what is sent as a password.
  button.form?.addEventListener("submit", () => fields.forEach((field) => { field.type = "password"; }));
}

// «Back» keeps what was typed, a fresh load of the page before would not.
for (const link of document.querySelectorAll("[data-back]")) {
  link.addEventListener("click", (event) => {
    if (history.length > 1) { event.preventDefault(); history.back(); }
  });
}

// A second press on the same button sends nothing. The server is the one that is sure; this saves a puzzling answer.
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("[data-once]")) return;
  if (sent.has(event.target)) event.preventDefault();
  else sent.add(event.target);
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("[data-once]").forEach((form) => sent.delete(form));
});

// Menus close on Escape and on a press elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-drop][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-drop][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// htmx sends the CSRF token as a header, so that the server checks it before it reads the body.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});

// After a new sign-in in another tab the old token is refused; the refusal brings the new one.
document.addEventListener("htmx:afterRequest", (event) => {
  const token = event.detail.xhr?.getResponseHeader("X-CSRFToken");
  if (!token) return;
  document.querySelectorAll('meta[name="csrf-token"]').forEach((meta) => { meta.content = token; });
  document.querySelectorAll('input[name="csrfmiddlewaretoken"]').forEach((input) => { input.value = token; });
});

// What a whole page would show of a save that failed, a fragment shows too: the title, the marks on the fields and, once
// somebody pressed a button, the list of errors. A save by itself must not take the cursor away from who is typing.
const ERROR_TITLE = "Lỗi: ";
document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.detail.target.closest("form");
  if (!form) return;
  const refused = event.detail.xhr.status >= 400;
  const summary = event.detail.target.querySelector("[data-error-summary], [role='alert']");
  document.title = (refused ? ERROR_TITLE : "") + document.title.replace(ERROR_TITLE, "");
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
  });
  summary?.querySelectorAll("a[href^='#']").forEach((link) => {
    const field = document.getElementById(link.hash.slice(1));
    field?.setAttribute("aria-invalid", "true");
    field?.classList.add("is-invalid");
  });
  if (refused && event.detail.requestConfig.triggeringEvent?.type === "submit") summary?.focus();
});

// The line is down: say so, and take it back when something gets through.
const offline = document.getElementById("mat-ket-noi");
document.addEventListener("htmx:sendError", () => {
  const time = new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
  offline.textContent = `Mất kết nối lúc ${time}. Nội dung vừa nhập chưa gửi được; đừng đóng trang này.`;
  offline.hidden = false;
});
document.addEventListener("htmx:afterOnLoad", () => { offline.hidden = true; });
