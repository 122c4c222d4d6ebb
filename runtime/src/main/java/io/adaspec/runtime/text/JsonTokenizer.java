package io.adaspec.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Makes tokenizers of Hugging Face {@code tokenizer.json} files. */
public final class JsonTokenizer {
  private static final int MOST_TOKENS = 1 << 21;

  private final JsonNode json;
  private final List<String> names = new ArrayList<>();
  private final List<TokenKind> kinds = new ArrayList<>();

  private JsonTokenizer(JsonNode json) {
    this.json = json;
  }

  /**
   * The tokenizer of a file.
   *
   * @param json the file's object
   * @param bosToken name of the BOS token, or empty
   * @param eosToken name of the EOS token, or empty
   * @param bosId id of the BOS token where it has no name
   * @param eosIds ends of generation known from other files
   * @throws IllegalArgumentException if the file is of a kind that is not supported, or damaged
   */
  public static Tokenizer of(
      JsonNode json, String bosToken, String eosToken, OptionalInt bosId, Set<Integer> eosIds) {
    JsonTokenizer reader = new JsonTokenizer(json);
    TokenTable table = reader.table();
    Set<Integer> ends = new HashSet<>(eosIds);
    ends.removeIf(id -> !table.has(id));
    reader.idOf(eosToken).ifPresent(ends::add);
    OptionalInt namedBos = reader.idOf(bosToken);
    OptionalInt bos = namedBos.isPresent() || bosId.isEmpty() ? namedBos : bosId;
    return new ModelTokenizer(
        table,
        new LibraryEncoder(json, table),
        new ModelTokenizer.Rules(
            bos.isPresent() && table.has(bos.getAsInt()) ? bos : OptionalInt.empty(),
            Tokenizers.eosIds(ends, table),
            reader.dropsSpace()));
  }

  private OptionalInt idOf(String name) {
    int id = name.isEmpty() ? -1 : names.indexOf(name);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private TokenTable table() {
    JsonNode model = json.path("model");
    String type = model.path("type").asText("none");
    boolean unigram = type.equals("Unigram");
    if (!unigram && !type.equals("BPE")) {
      throw new IllegalArgumentException(
          "tokenizer model " + type + " is not supported; supported are BPE and Unigram");
    }
    boolean byteFallback = model.path("byte_fallback").asBoolean();
    if (unigram) {
      int id = 0;
      for (JsonNode piece : model.path("vocab")) {
        String name = piece.path(0).asText();
        put(id, name, kindOf(name, byteFallback));
        if (id++ == model.path("unk_id").asInt(-1)) {
          put(id - 1, name, TokenKind.UNKNOWN);
        }
      }
    } else {
      String unknown = model.path("unk_token").asText("");
      model
          .path("vocab")
          .properties()
          .forEach(
              token -> {
                String name = token.getKey();
                put(
                    token.getValue().asInt(-1),
                    name,
                    name.equals(unknown) ? TokenKind.UNKNOWN : kindOf(name, byteFallback));
              });
    }
    for (JsonNode token : json.path("added_tokens")) {
      int id = token.path("id").asInt(-1);
      boolean unknown = id >= 0 && id < kinds.size() && kinds.get(id) == TokenKind.UNKNOWN;
      put(
          id,
          token.path("content").asText(),
          unknown
              ? TokenKind.UNKNOWN
              : token.path("special").asBoolean() ? TokenKind.CONTROL : TokenKind.USER_DEFINED);
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("the vocabulary is empty");
    }
    return byteLevel()
        ? TokenTable.byteLevel(names, kinds)
        : TokenTable.sentencePiece(names, kinds);
  }

  private static TokenKind kindOf(String name, boolean byteFallback) {
    return byteFallback && name.matches("<0x[0-9A-Fa-f]{2}>") ? TokenKind.BYTE : TokenKind.NORMAL;
  }

  private void put(int id, String name, TokenKind kind) {
    if (id < 0 || id >= MOST_TOKENS) {
      throw new IllegalArgumentException(
          "token " + name + " has id " + id + "; 0 to " + (MOST_TOKENS - 1) + " are accepted");
    }
    int missing = id + 1 - names.size();
    if (missing > 0) {
      names.addAll(Collections.nCopies(missing, ""));
      kinds.addAll(Collections.nCopies(missing, TokenKind.UNUSED));
    }
    names.set(id, name);
    kinds.set(id, kind);
  }

  /** Whether tokens are written in the byte alphabet; else a space is written as U+2581. */
  private boolean byteLevel() {
    Set<String> decoders = decoderTypes();
    if (decoders.contains("ByteLevel")) {
      return true;
    }
    if (decoders.contains("Metaspace") || decoders.contains("Replace")) {
      return false;
    }
    throw new IllegalArgumentException(
        "decoder "
            + decoders
            + " is not supported; supported are ByteLevel, Metaspace and Replace of U+2581");
  }

  private Set<String> decoderTypes() {
    Set<String> types = new HashSet<>();
    for (JsonNode decoder : decoders()) {
      types.add(decoder.path("type").asText("none"));
    }
    return types;
  }

  private List<JsonNode> decoders() {
    JsonNode decoder = json.path("decoder");
    List<JsonNode> decoders = new ArrayList<>();
    if (decoder.path("type").asText().equals("Sequence")) {
      decoder.path("decoders").forEach(decoders::add);
    } else {
      decoders.add(decoder);
    }
    return decoders;
  }

  private boolean dropsSpace() {
    for (JsonNode decoder : decoders()) {
      boolean strips =
          decoder.path("type").asText().equals("Strip")
              && decoder.path("content").asText().equals(" ")
              && decoder.path("start").asInt() > 0;
      boolean prefixed =
          decoder.path("type").asText().equals("Metaspace")
              && !decoder.path("prepend_scheme").asText("always").equals("never")
              && decoder.path("add_prefix_space").asBoolean(true);
      if (strips || prefixed) {
        return true;
      }
    }
    return false;
  }
}
