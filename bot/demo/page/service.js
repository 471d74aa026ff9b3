"use strict";
const COLOURS = { model: "--model", fallback: "--fallback", people: "--people", refused: "--refused" };
const SAYS = { model: "the model", fallback: "the fallback", people: "people", refused: "nobody: no answer" };
const by = (id) => document.getElementById(id);
const colour = (who) => getComputedStyle(document.documentElement).getPropertyValue(COLOURS[who]);

function put(parent, kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  parent.append(made);
  return made;
}

function draw(seconds) {
  const canvas = by("bars"), pen = canvas.getContext("2d"), most = Math.max(10, ...seconds.map((one) => one.total));
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const width = canvas.width / seconds.length;
  seconds.forEach((second, at) => {
    let foot = canvas.height - 2;
    for (const who of Object.keys(COLOURS)) {
      const height = ((second[who] || 0) / most) * (canvas.height - 10);
      pen.fillStyle = colour(who);
      pen.fillRect(at * width + 1, foot - height, width - 2, height);
      foot -= height;
    }
  });
}

function show(seen) {
  by("state").textContent = seen.state;
  by("state").className = `level${seen.level}`;
  by("why").hidden = !seen.why;
  by("why").textContent = seen.why;
  draw(seen.seconds);
  by("legend").replaceChildren();
  for (const who of Object.keys(COLOURS)) {
    const share = seen.versions[who] ? ` (${seen.versions[who]})` : "";
    put(by("legend"), "li", `${SAYS[who]}${share}: ${seen.now[who] || 0} a second`).style.setProperty("--colour", `var(${COLOURS[who]})`);
  }
  by("counted").textContent = seen.counted;
  by("rates").replaceChildren();
  for (const [group, rate] of Object.entries(seen.rates)) {
    const pair = put(by("rates"), "div", "");
    put(pair, "dt", group);
    put(pair, "dd", rate);
  }
  list("rows", seen.rows);
  list("left", seen.left);
  by("people").hidden = !seen.left.length;
  by("waiting").textContent = seen.waiting;
}

function list(id, rows) {
  by(id).replaceChildren();
  for (const row of rows) {
    const line = put(by(id), "tr", "");
    for (const text of row) put(line, "td", text);
  }
}

async function look() {
  try {
    show(await (await fetch("stats")).json());
  } catch (error) {
    by("state").textContent = "The service does not answer";
  }
  setTimeout(look, 500);
}
look();
