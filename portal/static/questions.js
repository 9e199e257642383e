// Hide each question that is asked only after another answer, until that answer is given. Without this script all are
// shown, each with the words "Answer this only if"; the server drops answers to what was not asked, with and without it.

const questions = [...document.querySelectorAll("[data-asked-if]")];

function isAsked(question) {
  const { askedIf, askedIfAnswer } = question.dataset;
  const form = question.closest("form");
  const isHidden = form.querySelector(`[name="${CSS.escape(askedIf)}"]`)?.closest("[data-asked-if]")?.hidden;
  return !isHidden && new FormData(form).getAll(askedIf).includes(askedIfAnswer);
}

function show() {
  for (const question of questions) question.hidden = !isAsked(question); // in their order: one may hang on another
}

for (const question of questions) question.querySelector("[data-asked-if-words]").hidden = true;
for (const form of new Set(questions.map((question) => question.closest("form")))) form.addEventListener("input", show);
show();
window.addEventListener("pageshow", show); // going back, the browser fills the form in again after this has run
