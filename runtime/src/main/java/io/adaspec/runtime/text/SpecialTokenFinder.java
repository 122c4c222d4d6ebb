package io.adaspec.runtime.text;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;

/** Finds tokens that appear in text by their names: the leftmost, of these the longest. */
final class SpecialTokenFinder {
  /** Receives the text from left to right. */
  interface Parts {
    void text(int start, int end);

    void token(int id);
  }

  /** A letter tree of names. */
  private static final class Node {
    private final Map<Character, Node> children = new HashMap<>();
    private int id = -1;
  }

  private final Node root = new Node();
  private final BitSet firstCharacters = new BitSet();

  SpecialTokenFinder(TokenTable table, IntPredicate include) {
    for (int id = 0; id < table.size(); id++) {
      if (include.test(id) && !table.text(id).isEmpty()) {
        add(table.text(id), id);
      }
    }
  }

  private void add(String name, int id) {
    firstCharacters.set(name.charAt(0));
    Node node = root;
    for (int i = 0; i < name.length(); i++) {
      node = node.children.computeIfAbsent(name.charAt(i), c -> new Node());
    }
    if (node.id < 0) {
      node.id = id;
    }
  }

  /** Cuts a text into tokens found and the text between them. */
  void split(CharSequence text, Parts parts) {
    int done = 0;
    for (int i = 0; i < text.length(); ) {
      if (!firstCharacters.get(text.charAt(i))) {
        i++;
        continue;
      }
      int length = 0;
      int id = -1;
      Node node = root;
      for (int j = i; j < text.length(); j++) {
        node = node.children.get(text.charAt(j));
        if (node == null) {
          break;
        }
        if (node.id >= 0) {
          id = node.id;
          length = j + 1 - i;
        }
      }
      if (id < 0) {
        i++;
        continue;
      }
      if (done < i) {
        parts.text(done, i);
      }
      parts.token(id);
      i += length;
      done = i;
    }
    if (done < text.length()) {
      parts.text(done, text.length());
    }
  }
}
