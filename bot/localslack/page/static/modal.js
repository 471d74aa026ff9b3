/** The modal on top of a person's stack of views: drawn, sent, cancelled. */

import { busy, send } from "./actions.js";
import { changed, h } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { here } from "./place.js";
import { plain } from "./mrkdwn.js";
import { post } from "./api.js";
import { showErrors } from "./fields.js";
import { Surface } from "./values.js";

export class Modal {
  constructor(dialog) {
    this.dialog = dialog;
    this.surfaces = new Map();
    dialog.addEventListener("cancel", (event) => (event.preventDefault(), this.close()));
    dialog.addEventListener("click", (event) => event.target === dialog && this.nudge());
  }

  /** Show the uppermost of the views that are open, or close. */
  show(views) {
    const view = views.at(-1);
    for (const id of this.surfaces.keys()) if (!views.some((one) => one.id === id)) this.surfaces.delete(id);
    if (!view) return this.end();
    if (this.view?.id !== view.id) this.begin(view);
    this.view = view;
    this.depth = views.length;
    this.draw();
    if (!this.dialog.open) this.dialog.showModal();
    if (this.isNew) this.focus();
    this.isNew = false;
    return undefined;
  }

  end() {
    this.view = null;
    if (this.dialog.open) this.dialog.close();
    this.dialog.replaceChildren();
  }

  begin(view) {
    this.surface = this.surfaces.get(view.id) ?? new Surface({ view_id: view.id }, view.state?.values);
    this.surfaces.set(view.id, this.surface); // what was typed waits while another view lies on top
    this.isNew = true;
    this.titled = h("h2", { class: "modal-title", id: "modal-title" });
    this.body = h("div", { class: "modal-body blocks", tabindex: "-1" });
    this.told = h("div", { class: "modal-error", role: "alert" });
    this.foot = h("footer", { class: "modal-foot" });
    const cross = h("button", { type: "button", class: "tool", "aria-label": "Close", onclick: () => this.close(true) }, "×");
    this.form = h("form", { class: "modal-form", novalidate: true },
      h("header", { class: "modal-head" }, h("img", { class: "avatar avatar-small", src: "/static/mark.svg", alt: "" }), this.titled, cross),
      this.body, this.told, this.foot);
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    this.form.addEventListener("input", ({ target }) => clear(target.closest(".field")));
    this.dialog.replaceChildren(this.form);
  }

  draw() {
    const { title, submit, close, blocks } = this.view;
    this.titled.replaceChildren(plain(title?.text ?? ""));
    drawBlocks(this.body, blocks, this.surface);
    const words = JSON.stringify([submit, close, this.depth]);
    if (words === this.words && this.foot.hasChildNodes()) return;
    this.words = words;
    const cancel = h("button", { type: "button", class: "button", onclick: () => this.close() }, close?.text ?? (this.depth > 1 ? "Back" : "Close"));
    this.sender = submit ? h("button", { type: "submit", class: "button button-primary" }, submit.text) : null;
    this.foot.replaceChildren(...[cancel, this.sender].filter(Boolean));
  }

  focus() {
    const first = this.body.querySelector("[autofocus]") ?? this.body.querySelector("input:checked, input, textarea, select, .field button");
    (first ?? this.sender ?? this.foot.firstChild).focus();
  }

  async submit() {
    if (!this.sender) return;
    this.told.textContent = "";
    await busy(this.sender, async () => {
      const left = await this.errors();
      this.told.textContent = left.join(" ");
      changed();
    });
  }

  /** Send what was entered; return what cannot be said beside a field. */
  async errors() {
    const { form, view } = this;
    try {
      const answer = await post("/_local/submit", { user: here().user, view_id: view.id, values: this.surface.values(), wait_s: 0 });
      return form.isConnected ? showErrors(form, answer.errors ?? {}) : [];
    } catch (error) {
      return [error.message];
    }
  }

  /** Cancel this view; `clears` closes those beneath it as well. */
  close(clears = false) {
    return send("/_local/close", { view_id: this.view.id, clears });
  }

  nudge() {
    this.dialog.classList.remove("modal-nudged");
    requestAnimationFrame(() => this.dialog.classList.add("modal-nudged"));
  }
}

function clear(field) {
  if (!field?.classList.contains("field-wrong")) return;
  field.classList.remove("field-wrong");
  field.querySelector(".field-error").textContent = "";
}
