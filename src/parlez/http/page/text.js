// Text of a model's as elements: the little of Markdown that answers have. Nothing in it is ever
// taken for HTML, and nothing but a click of the reader's fetches anything.

const INLINE =
  /`([^`]+)`|\*\*([^*]+)\*\*|!?\[([^\]]*)\]\((https?:\/\/[^\s)]+)\)|\uE000(\d+)\uE001/;
const MARK = /\s?\[\d+\]/g;

function node(name, children = [], attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function inline(text) {
  const parts = [];
  for (let rest = text; rest; ) {
    const found = INLINE.exec(rest);
    if (!found) return [...parts, rest];
    if (found.index) parts.push(rest.slice(0, found.index));
    const [whole, code, strong, label, url, source] = found;
    if (code) parts.push(node("code", [code]));
    else if (strong) parts.push(node("strong", inline(strong)));
    else if (url) {
      const link = { href: url, target: "_blank", rel: "noopener noreferrer nofollow" };
      parts.push(node("a", [label || url], link));
    } else parts.push(node("sup", [reference(source)]));
    rest = rest.slice(found.index + whole.length);
  }
  return parts;
}

function reference(number) {
  const link = node("a", [number], { href: "#" });
  link.setAttribute("aria-label", `Source ${number}`);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const sources = link.closest("article").querySelectorAll("details");
    const source = sources[Number(number) - 1];
    source.open = true;
    source.querySelector("summary").focus();
  });
  return link;
}

function list(lines, ordered) {
  const items = lines.map((line) => node("li", inline(line.replace(/^\s*(?:[-*•]|\d+[.)])\s+/, ""))));
  return node(ordered ? "ol" : "ul", items);
}

function block(text) {
  const lines = text.split("\n");
  if (lines.every((line) => /^\s*[-*•]\s+/.test(line))) return list(lines, false);
  if (lines.every((line) => /^\s*\d+[.)]\s+/.test(line))) return list(lines, true);
  const heading = /^#{1,6}\s+(.*)$/.exec(text);
  if (heading) return node("p", [node("strong", inline(heading[1]))]);
  const parts = lines.flatMap((line, place) => [...(place ? [node("br")] : []), ...inline(line)]);
  return node("p", parts);
}

function blocks(text) {
  return text.split(/^```/m).flatMap((part, place) => {
    if (place % 2) {
      const code = part.slice(part.indexOf("\n") + 1).replace(/\n$/, "");
      return [node("pre", [node("code", [code])])];
    }
    return part
      .replace(/([^\n])\n(?=\s*(?:[-*•]|\d+[.)])\s)/g, (whole, before, at, all) =>
        isItem(all, at) ? whole : `${before}\n\n`,
      )
      .split(/\n{2,}/)
      .map((each) => each.trim())
      .filter(Boolean)
      .map(block);
  });
}

function isItem(text, at) {
  // Whether the line that holds a place is one of a list itself.
  const line = text.slice(text.lastIndexOf("\n", at) + 1, at + 1);
  return /^\s*(?:[-*•]|\d+[.)])\s/.test(line);
}

function numbered(text, citations) {
  // The text with a number after each part that a source bears out. Places are in code points.
  const sources = [];
  const marks = citations.map((cited) => {
    const known = sources.findIndex(
      (each) => each.document_id === cited.document_id && each.start === cited.start,
    );
    if (known < 0) sources.push(cited);
    return { at: cited.answer_end, number: known < 0 ? sources.length : known + 1 };
  });
  const characters = Array.from(text);
  const ends = new Map();
  for (const { at, number } of marks) {
    ends.set(at, (ends.get(at) ?? new Set()).add(number));
  }
  let marked = "";
  let before = 0;
  for (const [at, numbers] of [...ends].sort(([one], [other]) => one - other)) {
    marked += characters.slice(before, at).join("").replace(MARK, "");
    marked += [...numbers].map((number) => `\uE000${number}\uE001`).join("");
    before = at;
  }
  marked += characters.slice(before).join("").replace(MARK, "");
  return [marked, sources];
}

function place(cited) {
  return cited.page === null ? cited.document : `${cited.document}, page ${cited.page}`;
}

export function render(text, citations) {
  const clean = text.replace(/[\uE000\uE001]/g, "");
  if (!citations.length) return blocks(clean);
  const [marked, sources] = numbered(clean, citations);
  const shown = sources.map((cited, at) => {
    const summary = node("summary", [`${at + 1}. ${place(cited)}`]);
    return node("li", [node("details", [summary, node("blockquote", [cited.quote])])]);
  });
  return [...blocks(marked), node("ol", shown, { className: "sources" })];
}
