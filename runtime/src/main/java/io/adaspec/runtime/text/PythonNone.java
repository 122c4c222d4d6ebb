package io.adaspec.runtime.text;

import com.hubspot.jinjava.util.HasObjectTruthValue;

/**
 * Python's {@code None} within templates. The template engine has one {@code null} for it and for
 * what is undefined; Jinja tells them apart: {@code None} is defined, is {@code none} and is
 * written {@code None}, what is undefined is none of this and is written as nothing.
 */
enum PythonNone implements HasObjectTruthValue {
  NONE;

  @Override
  public boolean getObjectTruthValue() {
    return false;
  }

  @Override
  public String toString() {
    return "None";
  }
}
