CREATE MACRO at_home(c) AS c = $country;
