// Puts an app's chat on a web page: <script async src="https://…/apps/…/widget.js"></script>
(() => {
  const script = document.currentScript;
  const chat = script.src.replace(/\/widget\.js([?#].*)?$/, "/chat");
  const name = `parlez ${chat}`;
  const button = document.createElement("button");
  const frame = document.createElement("iframe");
  const narrow = matchMedia("(max-width: 480px), (max-height: 480px)");
  const style = (element, rules) => Object.assign(element.style, rules);
  const place = () =>
    style(
      frame,
      narrow.matches
        ? { inset: "0", width: "100%", height: "100%", borderRadius: "0" }
        : {
            inset: "auto 20px 92px auto",
            width: "400px",
            height: "min(640px, calc(100vh - 112px))",
            borderRadius: "16px",
          },
    );
  // The session is kept here too: browsers may deny storage to what stands in a frame.
  const kept = (session) => {
    try {
      if (session) localStorage.setItem(name, session);
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const show = (open) => {
    if (open && !frame.src) frame.src = `${chat}#${kept() ?? ""}`;
    frame.hidden = !open;
    frame.style.display = open ? "block" : "none";
    button.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
    else button.focus();
  };
  button.type = "button";
  const drawing = (name, rules) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [rule, value] of Object.entries(rules)) made.setAttribute(rule, value);
    return made;
  };
  const icon = drawing("svg", { viewBox: "0 0 24 24", width: 28, height: 28, fill: "currentColor" });
  const bubble =
    "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z";
  icon.append(drawing("path", { d: bubble }));
  icon.setAttribute("aria-hidden", "true");
  style(icon, { display: "block", margin: "14px" });
  button.append(icon);
  button.setAttribute("aria-label", script.dataset.label || "Chat");
  button.setAttribute("aria-expanded", "false");
  style(button, {
    position: "fixed",
    right: "20px",
    bottom: "20px",
    width: "56px",
    height: "56px",
    padding: "0",
    border: "0",
    borderRadius: "50%",
    background: script.dataset.color || "#2454d6",
    color: "#fff",
    cursor: "pointer",
    boxShadow: "0 4px 16px rgb(0 0 0 / 30%)",
    zIndex: "2147483000",
  });
  frame.title = script.dataset.label || "Chat";
  style(frame, {
    position: "fixed",
    display: "none",
    border: "0",
    colorScheme: "light dark",
    boxShadow: "0 8px 40px rgb(0 0 0 / 35%)",
    zIndex: "2147483001",
  });
  place();
  narrow.addEventListener("change", place);
  button.addEventListener("click", () => show(frame.style.display === "none"));
  addEventListener("message", (event) => {
    const said = event.source === frame.contentWindow && event.data?.parlez;
    if (said?.session) kept(said.session);
    if (said?.close) show(false);
  });
  const add = () => document.body.append(button, frame);
  if (document.body) add();
  else addEventListener("DOMContentLoaded", add);
})();
