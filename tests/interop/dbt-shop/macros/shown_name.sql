{% macro shown_name(first, last) %}trim(coalesce({{ first }}, '') || ' ' || coalesce({{ last }}, '')){% endmacro %}
