"use strict";
// A link of the list unfolds the answer that it leads to; print shows all of them.
function unfold() {
  const answer = location.hash && document.getElementById(location.hash.slice(1));
  if (answer instanceof HTMLDetailsElement) {
    answer.open = true;
    answer.scrollIntoView();
  }
}
addEventListener("hashchange", unfold);
addEventListener("beforeprint", () => {
  for (const answer of document.querySelectorAll("details")) answer.open = true;
});
unfold();
