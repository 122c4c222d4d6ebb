package io.adaspec.runtime.text;

import java.util.OptionalInt;

/** Finds special tokens in a text, gives the text between them to a {@link TextEncoder}. */
final class SpecialTokenEncoder implements Encoder {
  private final TextEncoder textEncoder;
  private final OptionalInt prependedId;
  private final OptionalInt appendedId;
  private final SpecialTokenFinder userDefined;
  private final SpecialTokenFinder allSpecial;

  /**
   * An encoder.
   *
   * @param prependedId put in front of every text that is encoded with special tokens
   * @param appendedId put behind every such text
   */
  SpecialTokenEncoder(
      TokenTable table, TextEncoder textEncoder, OptionalInt prependedId, OptionalInt appendedId) {
    this.textEncoder = textEncoder;
    this.prependedId = prependedId;
    this.appendedId = appendedId;
    this.userDefined =
        new SpecialTokenFinder(table, id -> table.kind(id) == TokenKind.USER_DEFINED);
    this.allSpecial =
        new SpecialTokenFinder(
            table, id -> table.kind(id) == TokenKind.USER_DEFINED || table.kind(id).silent());
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    IdBuffer ids = new IdBuffer();
    if (addSpecial) {
      prependedId.ifPresent(ids::add);
    }
    (parseSpecial ? allSpecial : userDefined)
        .split(
            text,
            new SpecialTokenFinder.Parts() {
              private boolean afterSpecial = true;

              @Override
              public void text(int start, int end) {
                textEncoder.encode(text, start, end, afterSpecial, ids);
                afterSpecial = false;
              }

              @Override
              public void token(int id) {
                ids.add(id);
                afterSpecial = true;
              }
            });
    if (addSpecial) {
      appendedId.ifPresent(ids::add);
    }
    return ids.toArray();
  }
}
