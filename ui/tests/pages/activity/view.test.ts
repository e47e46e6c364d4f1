import { describe, expect, it } from "vitest";
import { pageParameters, pagesAround, sortOf, sortedBy, viewOf } from "@/pages/activity/view";

const plain = viewOf({}, 25);

describe("viewOf", () => {
  it("is the newest first, page 1, as many as the user likes", () => expect(viewOf({}, 50)).toMatchObject({ sort: "id", descending: true, page: 1, size: 50 }));
  it("is what the address says", () => expect(viewOf({ sort: "duration", order: "asc", page: "3", size: "100" }, 25)).toMatchObject({ sort: "duration", descending: false, page: 3, size: 100 }));
  it.each([{ page: "0" }, { page: "-1" }, { page: "x" }, { size: "7" }, { sort: "error_msg" }])("takes %o for nothing", (query) => expect(viewOf(query, 25)).toEqual(plain));
});

describe("sortedBy", () => {
  it("is ascending first, then descending, on page 1", () => {
    const first = sortedBy(viewOf({ page: "3" }, 25), "duration");
    expect(first).toEqual({ sort: "duration", order: "asc", page: "" });
    expect(sortedBy(viewOf(first, 25), "duration")).toEqual({ sort: "duration", order: "", page: "" });
  });
  it("needs no words for the newest first", () => expect(sortedBy(viewOf({ order: "asc" }, 25), "id")).toEqual({ sort: "", order: "", page: "" }));
});

it("says how a column is sorted", () => {
  const view = viewOf({ sort: "model", order: "asc" }, 25);
  expect([sortOf(view, "model"), sortOf(view, "id"), sortOf(plain, "id")]).toEqual(["ascending", "none", "descending"]);
});

it("asks for one model instead of those of the filters", () =>
  expect(pageParameters(viewOf({ model: "a,b", page: "2" }, 10), 0, "c")).toEqual({ model: ["c"], limit: "10", page: "2", sort: "id", order: "desc" }));

describe("pagesAround", () => {
  it.each([
    [1, 1, [1]],
    [1, 10, [1, 2, 3, 4, 5, 6, 7]],
    [5, 10, [2, 3, 4, 5, 6, 7, 8]],
    [10, 10, [4, 5, 6, 7, 8, 9, 10]],
    [12, 3, [1, 2, 3]],
  ])("of page %d of %d", (page, pages, shown) => expect(pagesAround(page, pages)).toEqual(shown));
});
