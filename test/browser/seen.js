// Runs inside the page. What a person would see to be wrong: texts over each other, texts larger than their box, a page that
// scrolls sideways. The last line is the answer.

/** A line box is taller than its letters: neighbours in a card may share what no letter fills. */
const shared = 0.3;

function overlaps(a, b) {
  const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
  const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
  return across > 1 && down > a.box.height * shared;
}

function isOutside({ node, box }) {
  const rect = node.parentElement.querySelector(":scope > rect")?.getBoundingClientRect();
  return rect !== undefined && (box.left < rect.left || box.right > rect.right || box.bottom > rect.bottom);
}

function flawsSeen() {
  const seen = (selector) =>
    [...document.querySelectorAll(selector)]
      .map((node) => ({ node, box: node.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
  const { scrollWidth } = document.documentElement;
  const texts = seen("svg text");
  return [
    ...(scrollWidth > window.innerWidth ? [`the page is ${scrollWidth} px wide`] : []),
    ...(texts.length === 0 ? ["no text is seen in the picture"] : []),
    ...texts.flatMap((a, i) =>
      texts
        .slice(i + 1)
        .filter((b) => overlaps(a, b))
        .map((b) => `${a.node.textContent} over ${b.node.textContent}`),
    ),
    ...texts.filter(isOutside).map(({ node }) => `${node.textContent} is larger than its box`),
    ...seen("body *")
      .filter(({ box }) => box.right > window.innerWidth + 1)
      .map(({ node }) => `${node.tagName} leaves the page`),
  ];
}

flawsSeen();
