"use strict";
const element = id => document.getElementById(id);
let conversation = [];
let running = null;

/** The data of server-sent events, as they come. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: ")) yield line.slice("data: ".length);
    }
  }
}

async function errorOf(response) {
  const body = await response.json().catch(() => ({}));
  return Object.assign(new Error(body.error?.message ?? `status ${response.status}`), {code: body.error?.code});
}

function bubble(kind) {
  element("hint")?.remove();
  const node = document.createElement("div");
  node.className = `message ${kind}`;
  const text = document.createTextNode("");
  node.append(text);
  element("messages").append(node);
  return {node, text};
}

function note(node, text, bad) {
  const small = document.createElement("small");
  small.textContent = text;
  small.classList.toggle("bad", Boolean(bad));
  node.append(small);
}

function scroll(always) {
  const list = element("messages");
  const near = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  if (always || near) list.scrollTop = list.scrollHeight;
}

function request(mode) {
  const body = {
    stream: true,
    stream_options: {include_usage: true},
    temperature: Number(element("temperature").value),
    max_tokens: Number(element("tokens").value),
    speculation: {mode: element("speculation").value},
  };
  if (element("seed").value !== "") body.seed = Number(element("seed").value);
  return mode === "chat"
    ? ["v1/chat/completions", {...body, messages: conversation}]
    : ["v1/completions", {...body, prompt: conversation.at(-1).content}];
}

function summary(usage, finish, seconds) {
  const {timing, speculation} = usage;
  const parts = [`${usage.completion_tokens} tokens in ${seconds.toFixed(1)} s`, `first after ${timing.ttft_ms.toFixed(0)} ms`];
  if (timing.tpot_ms > 0) parts.push(`${timing.tpot_ms.toFixed(1)} ms per token`);
  parts.push(speculation.draft_tokens > 0
    ? `${speculation.accepted_tokens} of ${speculation.draft_tokens} drafts accepted, ${speculation.steps} steps`
    : `no drafts, ${speculation.steps} steps`);
  if (finish === "length") parts.push("stopped at the token limit");
  return parts.join(" · ");
}

async function answer(mode) {
  const talk = conversation;
  const [path, body] = request(mode);
  const {node, text} = bubble("assistant busy");
  const begin = performance.now();
  let finish = "", usage = null;
  running = new AbortController();
  element("send").textContent = "Stop";
  try {
    const response = await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body), signal: running.signal});
    if (!response.ok) throw await errorOf(response);
    for await (const data of events(response)) {
      if (data === "[DONE]") break;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error.message);
      usage = chunk.usage ?? usage;
      for (const choice of chunk.choices) {
        text.appendData(choice.text ?? choice.delta?.content ?? "");
        finish = choice.finish_reason ?? finish;
      }
      scroll();
    }
    if (usage) note(node, summary(usage, finish, (performance.now() - begin) / 1000));
    if (!finish) note(node, "The stream ended early.", true);
  } catch (failure) {
    if (failure.code === "no_chat_template" && mode === "chat") {
      node.remove();
      element("mode").value = "text";
      return answer("text");
    }
    if (failure.name === "AbortError") note(node, "stopped");
    else note(node, failure.message, true);
  } finally {
    node.classList.remove("busy");
    running = null;
    element("send").textContent = "Send";
    scroll();
  }
  talk.push({role: "assistant", content: text.data});
}

element("form").addEventListener("submit", event => {
  event.preventDefault();
  if (running) return running.abort();
  const content = element("prompt").value || element("prompt").placeholder;
  conversation.push({role: "user", content});
  bubble("user").text.data = content;
  element("prompt").value = "";
  scroll(true);
  answer(element("mode").value);
});

element("prompt").addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!running) element("form").requestSubmit();
  }
});

element("fresh").addEventListener("click", () => {
  running?.abort();
  conversation = [];
  element("messages").replaceChildren();
  element("prompt").focus();
});

/** Sums of all samples of each metric name. */
function samples(text) {
  const sums = new Map();
  for (const line of text.split("\n")) {
    const found = /^(adaspec_\w+)(?:\{[^}]*\})? (\S+)$/.exec(line);
    if (found) sums.set(found[1], (sums.get(found[1]) ?? 0) + Number(found[2]));
  }
  return name => sums.get(`adaspec_${name}`) ?? 0;
}

const SHOWN_SECONDS = 60;
const rates = new Array(SHOWN_SECONDS).fill(0);
let last = null;

function draw() {
  const canvas = element("rates"), context = canvas.getContext("2d");
  const top = Math.max(1, ...rates), step = canvas.width / (rates.length - 1);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  context.lineWidth = 3;
  context.beginPath();
  rates.forEach((rate, i) => context.lineTo(i * step, canvas.height - 3 - rate / top * (canvas.height - 8)));
  context.stroke();
  context.lineTo(canvas.width, canvas.height);
  context.lineTo(0, canvas.height);
  context.globalAlpha = 0.15;
  context.fill();
  context.globalAlpha = 1;
}

const show = (id, text) => { element(id).textContent = text; };
const mean = (sum, count, digits) => count > 0 ? (1000 * sum / count).toFixed(digits) : "–";

async function look() {
  const [health, metrics] = await Promise.all([fetch("health"), fetch("metrics")]);
  const state = await health.json();
  element("state").className = health.ok ? "ok" : "bad";
  element("state").lastChild.textContent = health.ok ? "ready" : state.reason ?? "not ready";
  const value = samples(await metrics.text()), now = performance.now();
  const tokens = value("generation_tokens_total");
  const rate = last ? Math.max(0, 1000 * (tokens - last.tokens) / (now - last.now)) : 0;
  last = {tokens, now};
  rates.push(rate);
  rates.shift();
  show("rate", rate.toFixed(rate < 10 ? 1 : 0));
  show("running", value("num_requests_running"));
  show("waiting", value("num_requests_waiting"));
  show("kv", (100 * value("kv_cache_usage_perc")).toFixed(1));
  element("kvbar").value = value("kv_cache_usage_perc");
  const drafted = value("spec_decode_num_draft_tokens_total");
  show("accepted", drafted > 0 ? `${(100 * value("spec_decode_num_accepted_tokens_total") / drafted).toFixed(0)} %` : "–");
  show("ttft", mean(value("time_to_first_token_seconds_sum"), value("time_to_first_token_seconds_count"), 0));
  show("tpot", mean(value("time_per_output_token_seconds_sum"), value("time_per_output_token_seconds_count"), 1));
  draw();
}

async function watch() {
  try {
    if (!document.hidden) await look();
  } catch {
    element("state").className = "bad";
    element("state").lastChild.textContent = "no connection";
  }
  setTimeout(watch, 1000);
}

fetch("version").then(response => response.json()).then(version => {
  show("model", version.model);
  show("version", `v${version.version}`);
  document.title = `${version.model} · AdaSpec`;
});
watch();
