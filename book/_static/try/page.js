/* The page "Try it": drawing, photographs, the answer. All of it happens in the browser. */
(() => {
  "use strict";

  const { SIDE, inkOf, readerOf, toMnist } = globalThis.mnistlib;
  const networks = globalThis.mnistlibNetworks ?? {};
  const PEN = 0.08; // width of the pen, as a share of the canvas
  const STEP = 1 / 28; // of a key, as a share of the canvas
  const PHOTO_SIDE = 400; // a photograph is read at this size
  const MOST_BYTES = 32 * 2 ** 20;

  const find = (id) => document.getElementById(`try-${id}`);
  const canvas = find("canvas");
  const choices = [...(find("networks")?.querySelectorAll("input") ?? [])];
  if (!canvas || !choices.length || !choices.every(({ value }) => networks[value])) return;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const [thumbnail, says, cursor] = [find("seen"), find("says"), find("cursor")];
  const bars = [...find("bars").querySelectorAll("li")];
  const readers = {};
  const at = { x: 0.5, y: 0.5, isDown: false };
  let isWaiting = false;

  /* No share is nothing, and none is all. */
  const percent = (p) => {
    if (p < 0.0005) return "<\u00a00.1\u00a0%";
    return p > 0.9995 ? ">\u00a099.9\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`;
  };
  const chosen = () => choices.find((input) => input.checked)?.value;

  /* What a network says of the canvas, or null where it is blank. */
  const read = () => {
    const { width, height } = canvas;
    const { data } = pen.getImageData(0, 0, width, height);
    const ink = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3] / 255);
    const image = toMnist(ink, height, width);
    if (!image) return null;
    const name = chosen();
    readers[name] ??= readerOf(networks[name]);
    return { image, probabilities: readers[name](image) };
  };

  const showSeen = (image) => {
    const context = thumbnail.getContext("2d");
    const pixels = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const level = Math.round(255 * (image ? image[i] : 0));
      pixels.data.set([level, level, level, 255], 4 * i);
    }
    context.putImageData(pixels, 0, 0);
  };

  const showBars = (probabilities) => {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    bars.forEach((bar, digit) => {
      const p = probabilities ? probabilities[digit] : 0;
      const meter = bar.querySelector("[role=meter]");
      meter.setAttribute("aria-valuenow", p.toFixed(4));
      meter.firstElementChild.style.width = `${100 * p}%`;
      bar.querySelector(".share").textContent = probabilities ? percent(p) : "–";
      bar.classList.toggle("best", digit === best);
    });
  };

  const answer = (probabilities) => {
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const [first, second] = order.map((digit) => `${digit} (${percent(probabilities[digit])})`);
    return `The network says ${first}; next comes ${second}.`;
  };

  /* Bars follow the pen; words, which a screen reader speaks, wait for the stroke's end. */
  const update = (note = null) => {
    const result = read();
    showSeen(result?.image);
    showBars(result?.probabilities);
    if (note === null) return;
    const words = result ? answer(result.probabilities) : "Nothing is drawn.";
    says.textContent = note ? `${words} ${note}` : words;
  };

  const soon = () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      update();
    });
  };

  const stroke = (from, to) => {
    pen.lineWidth = PEN * canvas.width;
    pen.lineCap = "round";
    pen.strokeStyle = "#1f262e";
    pen.beginPath();
    pen.moveTo(from.x * canvas.width, from.y * canvas.height);
    // A line of no length would leave no dot in some browsers.
    pen.lineTo(to.x * canvas.width + 0.01, to.y * canvas.height);
    pen.stroke();
    soon();
  };

  const clear = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    update("");
  };

  const listenToPointers = () => {
    let last = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button) return;
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.remove("by-keyboard");
      at.isDown = false;
      last = place(event);
      stroke(last, last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last || !event.isPrimary) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const one of passed.length ? passed : [event]) {
        const next = place(one);
        stroke(last, next);
        last = next;
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => {
        if (!last || !event.isPrimary) return;
        last = null;
        update("");
      });
    }
  };

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const showCursor = () => {
    cursor.style.left = `${100 * at.x}%`;
    cursor.style.top = `${100 * at.y}%`;
    cursor.classList.toggle("down", at.isDown);
  };

  const press = (key) => {
    if (Object.hasOwn(ARROWS, key)) {
      const before = { ...at };
      const [x, y] = ARROWS[key];
      at.x = Math.min(1, Math.max(0, at.x + x * STEP));
      at.y = Math.min(1, Math.max(0, at.y + y * STEP));
      if (at.isDown) stroke(before, at);
    } else if (key === " ") {
      at.isDown = !at.isDown;
      if (at.isDown) {
        stroke(at, at);
        says.textContent = "The pen is down.";
      } else update("The pen is up.");
    } else if (["Delete", "Backspace", "Escape"].includes(key)) {
      at.isDown = false;
      clear();
    } else return false;
    return true;
  };

  const listenToKeys = () => {
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !press(event.key)) return;
      event.preventDefault();
      canvas.classList.add("by-keyboard");
      showCursor();
    });
    canvas.addEventListener("blur", () => canvas.classList.remove("by-keyboard"));
  };

  /* Paint a photograph's ink on the canvas, where it can be looked at and mended. */
  const paint = ({ ink, height, width }) => {
    const small = new OffscreenCanvas(width, height);
    const pixels = new ImageData(width, height);
    ink.forEach((v, i) => pixels.data.set([31, 38, 46, Math.round(255 * v)], 4 * i));
    small.getContext("2d").putImageData(pixels, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const scale = canvas.width / Math.max(width, height);
    const [w, h] = [scale * width, scale * height];
    pen.drawImage(small, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
  };

  /* What else there is to know of a photograph, besides the digit. */
  const noteOf = ({ others, isCut }) => {
    if (isCut) return "It touches the picture’s edge: a line, a shadow, or no whole digit.";
    if (!others) return "";
    const more = others === 1 ? "1 more was" : `${others} more were`;
    return `Only the largest mark was read; ${more} left out.`;
  };

  const readPhoto = async (file) => {
    if (file.size > MOST_BYTES) throw new Error("The file is larger than 32 MB. Make it smaller.");
    let photo;
    try {
      photo = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      throw new Error("The browser cannot read this file as a picture. Choose a PNG or JPEG.");
    }
    const scale = Math.min(1, PHOTO_SIDE / Math.max(photo.width, photo.height));
    const [width, height] = [photo.width, photo.height].map((n) => Math.max(1, Math.round(scale * n)));
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(photo, 0, 0, width, height);
    photo.close();
    const found = inkOf(context.getImageData(0, 0, width, height).data, height, width);
    if (!found) throw new Error("No ink stands out from the paper. Fill more of the picture with the digit.");
    paint(found);
    update(noteOf(found));
  };

  const listenToFiles = () => {
    const input = find("photo");
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      try {
        await readPhoto(file);
      } catch (error) {
        clear();
        says.textContent = error.message;
      }
      input.value = ""; // so that the same file may be chosen again
    });
  };

  const nameNetworks = () => {
    for (const input of choices) {
      const { facts } = networks[input.value];
      const { n_correct: right, n_examples: all } = facts.test;
      find(`about-${input.value}`).textContent =
        `${facts.model}, ${facts.parameters.toLocaleString("en")} parameters; read ` +
        `${((100 * right) / all).toFixed(2)} % of MNIST’s test images`;
      input.addEventListener("change", () => update(""));
    }
  };

  nameNetworks();
  listenToPointers();
  listenToKeys();
  listenToFiles();
  find("clear").addEventListener("click", clear);
  clear();
  find("absent").hidden = true;
  find("tool").hidden = false;
})();
