"use strict";
/* What is known of one thing, in plain words. */
riskmap.detail = (() => {
  const { data, word, element } = riskmap;

  function rowsOf(pairs) {
    const list = element("dl");
    for (const [label, value] of pairs) {
      if (value === "" || value === null || value === undefined) continue;
      list.append(element("dt", {}, label), element("dd", {}, value));
    }
    return list;
  }

  function lineWords(wanted, held) {
    return wanted ? word("detail.line", { wanted, held }) : word("detail.line_held", { held });
  }

  function verdictBadge(code) {
    return element("span", { class: "verdict " + code }, data.verdicts[code]);
  }

  function finding(id) {
    const it = data.findings[id];
    const rule = data.rules[it.rule];
    const parts = [
      element("h3", {}, it.source_name + " → " + it.target_name),
      element("p", { class: "kind" }, it.source_kind + " → " + it.target_kind),
      element("p", {}, verdictBadge(it.verdict)),
      element("p", { class: "headline" }, it.headline),
    ];
    const quote = rule.quoted ? element("blockquote", {}, rule.quote) : element("span", { class: "held" }, rule.quote);
    const list = rowsOf([
      [word("detail.why"), it.why],
      [word("detail.settle"), it.settle],
      [word("detail.rule"), rule.title],
      [word("detail.nature"), rule.nature],
      [word("detail.citation"), rule.citation],
    ]);
    list.append(element("dt", {}, word("detail.quote")), element("dd", {}, quote));
    const more = rowsOf([
      [word("detail.from"), lineWords(it.line_from, it.source_held)],
      [word("detail.to"), lineWords(it.line_to, it.target_held)],
      [word("detail.bound"), it.bound],
      [word("detail.evidence"), it.evidence],
      [word("detail.consent"), it.consent],
      [word("detail.unit"), it.unit_name],
      [word("detail.park"), it.park_name],
      [word("detail.status"), rule.status],
      [word("detail.tag"), rule.tag],
      [word("detail.confidence"), rule.confidence],
      [word("detail.note"), rule.note],
      [word("detail.id"), it.id],
    ]);
    list.append(...more.childNodes);
    parts.push(list);
    return parts;
  }

  function button(label, small, action) {
    return element("button", { type: "button", onclick: action }, label, element("small", {}, small));
  }

  function findingButton(it, onSelect) {
    const made = element("button", { type: "button", onclick: () => onSelect(it.id) });
    made.append(verdictBadge(it.verdict), element("span", {}, " " + it.source_name + " → " + it.target_name), element("small", {}, it.headline));
    return made;
  }

  function dangerButton(it, onSelect) {
    return button(it.kind + "：" + it.title, it.content, () => onSelect(it.id));
  }

  function listOf(title, buttons) {
    const list = element("ul", { class: "things" });
    for (const made of buttons) list.append(element("li", {}, made));
    return [element("h3", {}, title), list];
  }

  function concerns(it, ref) {
    return it.source === ref || it.target === ref || it.unit === ref || it.belongs.includes(ref);
  }

  function related(ref, onSelect, isUnit) {
    const found = Object.values(data.findings).filter((it) => concerns(it, ref));
    const dangers = Object.values(data.dangers).filter((it) => concerns(it, ref));
    const parts = [];
    if (found.length) parts.push(...listOf(word("webmap.its_findings", { n: found.length }), found.map((it) => findingButton(it, onSelect))));
    else if (isUnit) parts.push(element("h3", {}, word("webmap.its_findings", { n: 0 })), element("p", { class: "kind" }, word("webmap.no_findings")));
    if (dangers.length) parts.push(...listOf(word("webmap.its_dangers", { n: dangers.length }), dangers.map((it) => dangerButton(it, onSelect))));
    return parts;
  }

  function danger(id, onSelect) {
    const it = data.dangers[id];
    const parts = [element("h3", {}, it.title), element("p", { class: "headline" }, it.kind), rowsOf(it.rows)];
    if (it.finding && data.findings[it.finding]) parts.push(...listOf(word("webmap.its_findings", { n: 1 }), [findingButton(data.findings[it.finding], onSelect)]));
    return parts;
  }

  function feature(ref, index, onSelect) {
    const [title, kind, rows, isUnit] = data.details[index];
    const parts = [element("h3", {}, title), element("p", { class: "kind" }, kind), rowsOf(rows)];
    if (ref) parts.push(...related(ref, onSelect, isUnit));
    return parts;
  }

  return { finding, danger, feature, findingButton, dangerButton, listOf, verdictBadge, rowsOf };
})();
